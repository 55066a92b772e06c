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

-- How a service is ordered (manual 8.4), and what its list is sorted by (7.1; sql/functions/service_lists.sql).
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

-- How often each row was configured (sql/functions/revisions.sql).
DO $$
DECLARE
  revised text;
BEGIN
  FOREACH revised IN ARRAY ARRAY['company', 'site', 'notification_table', 'user_group', 'app_user', 'settings',
    'mail_settings', 'access', 'organization', 'applicant', 'ev_approver', 'ca_account', 'service', 'node'] LOOP
    EXECUTE format('ALTER TABLE %I ADD COLUMN revision bigint NOT NULL DEFAULT 1', revised);
  END LOOP;
END $$;
