-- Services and what they hold: keys, CSRs, certificates, orders (manual chapters 7 and 8).

-- Public halves of the sealing keys. Anyone may seal; the private halves are files on workers' hosts.
CREATE TABLE sealing_key (
  id         text PRIMARY KEY,      -- first 8 bytes of SHA-256 of the public key, in hex
  public_key bytea NOT NULL,
  active     boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX sealing_key_one_active ON sealing_key (active) WHERE active;

CREATE TABLE ca_account (
  id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name               text NOT NULL UNIQUE CHECK (name <> ''),
  kind               text NOT NULL CHECK (kind IN ('acme')),
  directory_url      text NOT NULL CHECK (directory_url ~ '^https://'),
  contact            text CHECK (contact ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
  ca_pem             text,          -- trust for the directory; none: the system's trust store
  account_key_sealed bytea,         -- made by the order worker at the first order; purpose 'ca_account.key'
  account_url        text
);

CREATE TABLE service (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name           text NOT NULL UNIQUE CHECK (name <> ''),
  group_id       bigint NOT NULL REFERENCES user_group,
  enabled        boolean NOT NULL DEFAULT true,
  common_name    text NOT NULL CHECK (octet_length(common_name) BETWEEN 1 AND 64),   -- manual 7.2.3
  sans           text[] NOT NULL DEFAULT '{}',     -- further names, without the common name
  separate_chain boolean NOT NULL DEFAULT false,   -- manual 7.2.7
  ca_account_id  bigint REFERENCES ca_account
);

-- How the next key is to be made, with its subject fields (manual 8.5; limits in bytes).
CREATE TABLE key_spec (
  service_id   bigint PRIMARY KEY REFERENCES service ON DELETE CASCADE,
  algorithm    text NOT NULL CHECK (algorithm IN ('rsa-2048', 'rsa-4096', 'ecdsa-p256', 'ecdsa-p384')),
  country      text NOT NULL DEFAULT '' CHECK (country ~ '^([A-Z]{2})?$'),
  state        text NOT NULL DEFAULT '' CHECK (octet_length(state) <= 128),
  locality     text NOT NULL DEFAULT '' CHECK (octet_length(locality) <= 128),
  organization text NOT NULL DEFAULT '' CHECK (octet_length(organization) <= 64),
  unit         text NOT NULL DEFAULT '' CHECK (octet_length(unit) <= 64),
  email        text NOT NULL DEFAULT '' CHECK (octet_length(email) <= 128)
);

CREATE TABLE key_pair (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  service_id  bigint NOT NULL REFERENCES service ON DELETE CASCADE,
  algorithm   text NOT NULL,
  spki_sha256 text NOT NULL,        -- of the public key, in hex
  key_sealed  bytea NOT NULL,       -- PKCS #8 PEM, purpose 'key_pair:<spki_sha256>'
  created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX key_pair_by_service ON key_pair (service_id);

CREATE TABLE csr (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  service_id  bigint NOT NULL REFERENCES service ON DELETE CASCADE,
  key_pair_id bigint REFERENCES key_pair ON DELETE CASCADE,   -- none: its key is not ours
  pem         text NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX csr_by_service ON csr (service_id);

-- From the short number of a request (manual: 要求番号) all traces of one order or apply are found.
CREATE SEQUENCE request_no AS integer MINVALUE 1 MAXVALUE 99999 CYCLE;

CREATE TABLE ca_order (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  service_id    bigint NOT NULL REFERENCES service ON DELETE CASCADE,
  ca_account_id bigint NOT NULL REFERENCES ca_account,
  state         text NOT NULL CHECK (state IN ('scheduled', 'started', 'placed', 'issued', 'failed', 'cancelled')),
  request_no    integer NOT NULL DEFAULT nextval('request_no'),
  scheduled_at  timestamptz NOT NULL DEFAULT now(),
  requested_by  text NOT NULL DEFAULT session_user,
  csr_id        bigint REFERENCES csr ON DELETE SET NULL,
  order_url     text,               -- the CA's own reference, recorded as soon as it is known
  cancel        boolean NOT NULL DEFAULT false,   -- a person asked for it; its worker ends it
  error         text,
  created_at    timestamptz NOT NULL DEFAULT now(),
  ended_at      timestamptz,
  CHECK ((ended_at IS NULL) = (state IN ('scheduled', 'started', 'placed')))
);
CREATE UNIQUE INDEX ca_order_one_live ON ca_order (service_id) WHERE ended_at IS NULL;
CREATE INDEX ca_order_due ON ca_order (scheduled_at) WHERE state = 'scheduled';
CREATE INDEX ca_order_by_service ON ca_order (service_id, id);

-- What the http-01 responders of all order workers serve (RFC 8555 section 8.3). A token is public.
CREATE TABLE acme_challenge (
  token             text PRIMARY KEY,
  key_authorization text NOT NULL,
  order_id          bigint NOT NULL REFERENCES ca_order ON DELETE CASCADE,
  created_at        timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX acme_challenge_by_order ON acme_challenge (order_id);

CREATE TABLE certificate (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  service_id  bigint NOT NULL REFERENCES service ON DELETE CASCADE,
  slot        smallint NOT NULL CHECK (slot IN (1, 2)),       -- two generations at most
  serial      text NOT NULL,        -- hex, lower case, without prefix
  sha256      text NOT NULL,        -- of the DER, in hex
  common_name text NOT NULL,
  not_before  timestamptz NOT NULL,
  not_after   timestamptz NOT NULL,
  leaf_pem    text NOT NULL,
  chain_pem   text NOT NULL,        -- intermediates, leaf upwards, without the root
  key_pair_id bigint REFERENCES key_pair,   -- none: applied where the key already lives
  order_id    bigint REFERENCES ca_order ON DELETE SET NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  UNIQUE (service_id, slot)
);
CREATE INDEX certificate_by_expiry ON certificate (not_after);
