-- Where certificates are installed, and how to get there (manual chapter 9).

CREATE TABLE access (
  id                  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name                text NOT NULL UNIQUE CHECK (name <> ''),
  address             text NOT NULL CHECK (address <> ''),
  port                integer CHECK (port BETWEEN 1 AND 65535),   -- none: the protocol's own
  login_id            text NOT NULL CHECK (login_id <> ''),
  login_secret_sealed bytea,        -- password; purpose 'access.login'
  login_key_sealed    bytea,        -- SSH private key; purpose 'access.login_key'
  exec_id             text,         -- who runs the commands, by sudo; none: the login itself
  exec_secret_sealed  bytea,        -- purpose 'access.exec'
  host_key            text,         -- 'SHA256:…' of the SSH host key; always checked
  CHECK (login_secret_sealed IS NOT NULL OR login_key_sealed IS NOT NULL)
);

CREATE TABLE node (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  service_id   bigint NOT NULL REFERENCES service ON DELETE CASCADE,
  site_id      bigint NOT NULL REFERENCES site,
  access_id    bigint NOT NULL REFERENCES access,
  name         text NOT NULL UNIQUE CHECK (name <> ''),
  kind         text NOT NULL CHECK (kind IN ('apache')),
  enabled      boolean NOT NULL DEFAULT true,
  -- how a TLS handshake reaches it (9.1.4)
  verify_mode  text NOT NULL CHECK (verify_mode IN ('url', 'address', 'none')),
  verify_host  text,
  verify_port  integer CHECK (verify_port BETWEEN 1 AND 65535),
  verify_name  text,                -- SNI; none: none is sent
  -- Apache (9.1.5): SSLCertificateFile, SSLCertificateKeyFile, SSLCertificateChainFile
  cert_file    text NOT NULL,
  key_file     text NOT NULL,
  chain_file   text,                -- none: the chain follows the certificate in cert_file (2.4.8 and later)
  work_dir     text NOT NULL,
  control      text NOT NULL DEFAULT 'apachectl',   -- the program that tests and reloads
  -- what was last seen
  apply_status text NOT NULL DEFAULT 'none'
               CHECK (apply_status IN ('none', 'scheduled', 'started', 'applied', 'rolled_back', 'failed')),
  served_serial text,
  served_sha256 text,
  served_state  text CHECK (served_state IN ('match', 'previous', 'other', 'unreachable')),
  served_at     timestamptz,
  CHECK (verify_mode = 'none' OR verify_host IS NOT NULL)
);
CREATE INDEX node_by_service ON node (service_id);
CREATE INDEX node_by_site ON node (site_id);
CREATE INDEX node_by_access ON node (access_id);

-- One installation of one certificate on one node: the durable intent, its progress and its outcome.
CREATE TABLE apply (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  node_id        bigint NOT NULL REFERENCES node ON DELETE CASCADE,
  certificate_id bigint REFERENCES certificate ON DELETE SET NULL,   -- chosen when it starts
  state          text NOT NULL CHECK (state IN
                   ('scheduled', 'started', 'applied', 'rolled_back', 'failed', 'cancelled')),
  step           text NOT NULL DEFAULT '',   -- the last durable step; see workers/apply
  request_no     integer NOT NULL DEFAULT nextval('request_no'),
  scheduled_at   timestamptz NOT NULL DEFAULT now(),
  requested_by   text NOT NULL DEFAULT session_user,
  error          text,
  created_at     timestamptz NOT NULL DEFAULT now(),
  ended_at       timestamptz,
  CHECK ((ended_at IS NULL) = (state IN ('scheduled', 'started')))
);
CREATE UNIQUE INDEX apply_one_live ON apply (node_id) WHERE ended_at IS NULL;
CREATE INDEX apply_due ON apply (scheduled_at) WHERE state = 'scheduled';
CREATE INDEX apply_by_node ON apply (node_id, id);
