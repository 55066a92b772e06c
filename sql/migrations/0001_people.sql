-- Who uses the installation and where its nodes stand (manual chapters 2, 5, 6).

CREATE TABLE company (
  id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL CHECK (name <> '')
);
CREATE UNIQUE INDEX company_only_one ON company ((true));   -- one company an installation

CREATE TABLE site (
  id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE CHECK (name <> '')
);

-- What the notification tables of manual 6.7 hold: which events are mailed, to whom, under what title.
CREATE TABLE notification_table (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name           text NOT NULL UNIQUE CHECK (name <> ''),
  title          text NOT NULL DEFAULT '' CHECK (title !~ '[\r\n]'),
  body           text NOT NULL DEFAULT '',
  expiry_90      boolean NOT NULL DEFAULT true,
  expiry_60      boolean NOT NULL DEFAULT true,
  expiry_30      boolean NOT NULL DEFAULT true,
  expiry_15      boolean NOT NULL DEFAULT true,
  expired        boolean NOT NULL DEFAULT true,
  order_started  boolean NOT NULL DEFAULT true,
  order_progress boolean NOT NULL DEFAULT true,
  order_ended    boolean NOT NULL DEFAULT true,
  apply_started  boolean NOT NULL DEFAULT true,
  apply_ended    boolean NOT NULL DEFAULT true
);

CREATE TABLE notification_recipient (
  notification_id bigint NOT NULL REFERENCES notification_table ON DELETE CASCADE,
  field           text NOT NULL CHECK (field IN ('to', 'cc')),
  position        smallint NOT NULL CHECK (position BETWEEN 1 AND 5),   -- manual 6.7.4: five of each
  address         text NOT NULL CHECK (address ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
  PRIMARY KEY (notification_id, field, position)
);

CREATE TABLE user_group (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name            text NOT NULL UNIQUE CHECK (name <> ''),
  notification_id bigint REFERENCES notification_table ON DELETE SET NULL
);

-- A user is also a PostgreSQL role of the same name, member of certfleet_admin or certfleet_viewer.
CREATE TABLE app_user (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name       text NOT NULL UNIQUE CHECK (name ~ '^[^@[:space:]]+@[^@[:space:]]+$'),   -- a mail address
  role       text NOT NULL CHECK (role IN ('admin', 'viewer')),
  contact    text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE group_member (
  group_id bigint NOT NULL REFERENCES user_group ON DELETE CASCADE,
  user_id  bigint NOT NULL REFERENCES app_user ON DELETE CASCADE,
  PRIMARY KEY (group_id, user_id)
);

-- The settings of the whole installation: one row.
CREATE TABLE settings (
  single    boolean PRIMARY KEY DEFAULT true CHECK (single),
  proxy     text CHECK (proxy ~ '^[^:[:space:]]+:[0-9]+$'),   -- host:port, manual 6.2.1
  time_zone text NOT NULL DEFAULT 'UTC',
  language  text NOT NULL DEFAULT 'ja' CHECK (language IN ('ja', 'en'))
);
INSERT INTO settings DEFAULT VALUES;

-- Manual 6.6. At most one row; without it no mail is sent.
CREATE TABLE mail_settings (
  single               boolean PRIMARY KEY DEFAULT true CHECK (single),
  from_address         text NOT NULL CHECK (from_address ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
  host                 text NOT NULL CHECK (host <> ''),
  port                 integer NOT NULL CHECK (port BETWEEN 1 AND 65535),
  auth_user            text,                 -- none: no SMTP AUTH
  auth_password_sealed bytea,                -- sealed for the purpose 'smtp.password'
  ca_pem               text,                 -- none: the system's trust store
  CHECK ((auth_user IS NULL) = (auth_password_sealed IS NULL))
);
