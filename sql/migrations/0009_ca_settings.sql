-- What orders need (manual 8.1 to 8.4), what lists of services are sorted by, and revisions.

-- CertCentral beside ACME (manual 8.1). Its API key is asked of a person; an ACME account makes its own.
ALTER TABLE ca_account
  ALTER directory_url DROP NOT NULL,
  ADD COLUMN api_url        text CHECK (api_url ~ '^https://'),
  ADD COLUMN api_key_sealed bytea,      -- purpose 'ca_account.api_key'
  ADD COLUMN api_key_set    boolean NOT NULL GENERATED ALWAYS AS (api_key_sealed IS NOT NULL) STORED,
  DROP CONSTRAINT ca_account_kind_check,
  ADD CONSTRAINT ca_account_kind_check CHECK (kind IN ('acme', 'digicert')),
  ADD CONSTRAINT ca_account_address CHECK ((kind = 'acme') = (directory_url IS NOT NULL)
                                           AND (kind = 'digicert') = (api_url IS NOT NULL)),
  ADD CONSTRAINT ca_account_api_key CHECK (kind = 'digicert' OR api_key_sealed IS NULL);

-- Organisations that are registered at the CA (manual 8.3).
CREATE TABLE organization (
  id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name   text NOT NULL UNIQUE CHECK (name <> ''),
  number text NOT NULL CHECK (number ~ '^[0-9]{1,18}$'),   -- the CA's
  note   text NOT NULL DEFAULT ''
);

-- Who asks, and who approves an EV certificate (manual 8.2): a user known to the CA by his id, or typed in.
CREATE TABLE applicant (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name        text NOT NULL UNIQUE CHECK (name <> ''),   -- of the table, not of the person
  user_id     text CHECK (user_id ~ '^[0-9]{1,18}$'),
  person      text NOT NULL DEFAULT '' CHECK (octet_length(person) <= 128),
  country     text NOT NULL DEFAULT '' CHECK (country ~ '^([A-Z]{2})?$'),
  postal_code text NOT NULL DEFAULT '' CHECK (octet_length(postal_code) <= 16),
  address_1   text NOT NULL DEFAULT '' CHECK (octet_length(address_1) <= 128),
  address_2   text NOT NULL DEFAULT '' CHECK (octet_length(address_2) <= 128),
  phone       text NOT NULL DEFAULT '' CHECK (octet_length(phone) <= 32),
  title       text NOT NULL DEFAULT '' CHECK (octet_length(title) <= 64),
  email       text NOT NULL DEFAULT '' CHECK (octet_length(email) <= 254),
  CONSTRAINT either_id_or_data CHECK (
    CASE WHEN user_id IS NULL THEN person <> '' AND phone <> '' AND title <> '' AND email <> ''
         ELSE concat(person, country, postal_code, address_1, address_2, phone, title, email) = '' END)
);
CREATE TABLE ev_approver (LIKE applicant INCLUDING ALL);

-- How a service is ordered (manual 8.4), and what its list is sorted by (7.1): kept here by triggers, so that a
-- page needs no look at every certificate and order.
ALTER TABLE service
  ADD COLUMN auto_order      boolean NOT NULL DEFAULT true,   -- with a CA account only
  ADD COLUMN product         smallint CHECK (product IN (0, 1, 2, 3, 10, 11)),   -- the manual's numbers, 8.4.3
  ADD COLUMN licences        integer NOT NULL DEFAULT 1 CHECK (licences BETWEEN 1 AND 9999),
  ADD COLUMN previous_order  text CHECK (previous_order ~ '^[0-9]{1,18}$'),      -- the CA's number of it
  ADD COLUMN organization_id bigint REFERENCES organization,
  ADD COLUMN applicant_id    bigint REFERENCES applicant,     -- none: as registered at the CA
  ADD COLUMN ev_approver_id  bigint REFERENCES ev_approver,   -- none: as registered at the CA
  ADD COLUMN csr_source      text NOT NULL DEFAULT 'at_order' CHECK (csr_source IN ('at_order', 'stored')),
  ADD COLUMN not_after       timestamptz,                     -- of the certificate that expires last
  ADD COLUMN order_state     text;                            -- of the newest order

UPDATE service s SET
  not_after = (SELECT max(c.not_after) FROM certificate c WHERE c.service_id = s.id),
  order_state = (SELECT o.state FROM ca_order o WHERE o.service_id = s.id ORDER BY o.id DESC LIMIT 1);

CREATE INDEX service_by_common_name ON service (common_name, id);
CREATE INDEX service_by_expiry ON service (coalesce(not_after, 'infinity'), id);
CREATE INDEX service_by_order_state ON service (coalesce(order_state, ''), id);
CREATE INDEX service_by_group ON service (group_id, name);
CREATE INDEX service_by_ca_account ON service (ca_account_id) WHERE ca_account_id IS NOT NULL;
CREATE INDEX service_by_organization ON service (organization_id) WHERE organization_id IS NOT NULL;
CREATE INDEX service_by_applicant ON service (applicant_id) WHERE applicant_id IS NOT NULL;
CREATE INDEX service_by_ev_approver ON service (ev_approver_id) WHERE ev_approver_id IS NOT NULL;

CREATE FUNCTION keep_service_expiry() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  changed bigint := coalesce(NEW.service_id, OLD.service_id);
  newest  timestamptz := (SELECT max(not_after) FROM certificate WHERE service_id = changed);
BEGIN
  UPDATE service SET not_after = newest WHERE id = changed AND not_after IS DISTINCT FROM newest;
  RETURN NULL;
END $$;
CREATE TRIGGER expiry_of_service AFTER INSERT OR DELETE OR UPDATE OF not_after, service_id ON certificate
  FOR EACH ROW EXECUTE FUNCTION keep_service_expiry();

CREATE FUNCTION keep_service_order_state() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  UPDATE service SET order_state = NEW.state
  WHERE id = NEW.service_id AND order_state IS DISTINCT FROM NEW.state
    AND NOT EXISTS (SELECT 1 FROM ca_order WHERE service_id = NEW.service_id AND id > NEW.id);
  RETURN NULL;
END $$;
CREATE TRIGGER state_of_service AFTER INSERT OR UPDATE OF state ON ca_order
  FOR EACH ROW EXECUTE FUNCTION keep_service_order_state();

-- Revisions: the number of times that a row was configured. Whoever edits says which revision he has seen, and is
-- refused if it has changed meanwhile (lib/store/revisions.h).

-- The arguments are the columns that are state and not configuration: writing them is no change of the row. What
-- the database computes is not yet known in NEW, and follows from what is.
CREATE FUNCTION raise_revision() RETURNS trigger
LANGUAGE plpgsql SET search_path = certfleet, pg_temp AS $$
DECLARE
  state   CONSTANT text[] := coalesce(TG_ARGV, '{}');
  new_row CONSTANT jsonb := to_jsonb(NEW) - state;
  old_row CONSTANT jsonb := to_jsonb(OLD) - state;
  computed text[];
BEGIN
  IF new_row = old_row THEN RETURN NEW; END IF;
  computed := ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = TG_RELID AND attgenerated <> '');
  IF new_row - computed <> old_row - computed THEN
    NEW.revision := OLD.revision + 1;
  END IF;
  RETURN NEW;
END $$;

-- On a table whose rows are part of another's configuration; the arguments: that table, and the column that refers
-- to it.
CREATE FUNCTION raise_revision_of_owner() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  owner bigint := coalesce(to_jsonb(NEW), to_jsonb(OLD)) ->> TG_ARGV[1];
BEGIN
  IF TG_OP <> 'UPDATE' OR NEW IS DISTINCT FROM OLD THEN
    EXECUTE format('UPDATE %I SET revision = revision + 1 WHERE id = $1', TG_ARGV[0]) USING owner;
  END IF;
  RETURN NULL;
END $$;

-- Gives a table its revision, or changes which of its columns are state.
CREATE FUNCTION keep_revision(p_table regclass, VARIADIC p_state text[] DEFAULT '{}') RETURNS void
LANGUAGE plpgsql SET search_path = certfleet, pg_temp AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ADD COLUMN IF NOT EXISTS revision bigint NOT NULL DEFAULT 1', p_table);
  EXECUTE format('CREATE OR REPLACE TRIGGER revised BEFORE UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION raise_revision(%s)',
                 p_table, (SELECT string_agg(quote_literal(s), ', ') FROM unnest(p_state) AS s));
END $$;

SELECT keep_revision('company'), keep_revision('site'), keep_revision('notification_table'),
  keep_revision('user_group'), keep_revision('app_user'), keep_revision('settings'), keep_revision('mail_settings'),
  keep_revision('access'), keep_revision('organization'), keep_revision('applicant'), keep_revision('ev_approver'),
  keep_revision('ca_account', 'account_key_sealed', 'account_url'),
  keep_revision('service', 'not_after', 'order_state'),
  keep_revision('node', 'apply_status', 'served_serial', 'served_sha256', 'served_state', 'served_at');

CREATE TRIGGER revises_owner AFTER INSERT OR UPDATE OR DELETE ON key_spec
  FOR EACH ROW EXECUTE FUNCTION raise_revision_of_owner('service', 'service_id');
CREATE TRIGGER revises_owner AFTER INSERT OR UPDATE OR DELETE ON notification_recipient
  FOR EACH ROW EXECUTE FUNCTION raise_revision_of_owner('notification_table', 'notification_id');
CREATE TRIGGER revises_owner AFTER INSERT OR UPDATE OR DELETE ON group_member
  FOR EACH ROW EXECUTE FUNCTION raise_revision_of_owner('user_group', 'group_id');

-- Each change by a person is audited; what only triggers did to a row is told by the row that set them off.
CREATE OR REPLACE FUNCTION write_audit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  kept CONSTANT text[] := ARRAY['revision', 'not_after', 'order_state'];
BEGIN
  -- Daemons change state, persons change configuration; only the latter is audited.
  IF pg_has_role(session_user, 'certfleet_daemon', 'MEMBER')
     AND NOT pg_has_role(session_user, 'certfleet_admin', 'MEMBER') THEN
    RETURN NULL;
  END IF;
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - kept = to_jsonb(OLD) - kept THEN
    RETURN NULL;
  END IF;
  INSERT INTO audit (action, table_name, row_id, before, after)
  VALUES (TG_OP, TG_TABLE_NAME,
          coalesce(to_jsonb(NEW) ->> 'id', to_jsonb(OLD) ->> 'id', to_jsonb(NEW) ->> 'service_id'),
          CASE WHEN TG_OP <> 'INSERT' THEN without_secrets(to_jsonb(OLD)) END,
          CASE WHEN TG_OP <> 'DELETE' THEN without_secrets(to_jsonb(NEW)) END);
  RETURN NULL;
END $$;

CREATE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON organization
  FOR EACH ROW EXECUTE FUNCTION write_audit();
CREATE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON applicant
  FOR EACH ROW EXECUTE FUNCTION write_audit();
CREATE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON ev_approver
  FOR EACH ROW EXECUTE FUNCTION write_audit();
