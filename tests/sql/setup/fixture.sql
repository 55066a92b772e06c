-- Two groups, red and blue, with one of everything in each; people in and outside of red; pgTAP in a schema that all
-- may use.
CREATE SCHEMA tap;
CREATE EXTENSION pgtap SCHEMA tap;
GRANT USAGE ON SCHEMA tap TO PUBLIC;
SET search_path TO certfleet, pg_temp;

-- A verifier that nobody knows the password of.
CREATE FUNCTION tap.verifier() RETURNS text LANGUAGE sql IMMUTABLE AS
  $$ SELECT 'SCRAM-SHA-256$4096:' || repeat('A', 22) || '==$' || repeat('B', 43) || '=:' || repeat('C', 43) || '=' $$;

INSERT INTO company (name) VALUES ('Example');
INSERT INTO site (name) VALUES ('tokyo');
INSERT INTO notification_table (name) VALUES ('red mails'), ('blue mails');
INSERT INTO notification_recipient VALUES (1, 'to', 1, 'red@example.com'), (2, 'to', 1, 'blue@example.com');
INSERT INTO user_group (name, notification_id) VALUES ('red', 1), ('blue', 2);
SELECT add_user('admin.in@sql.test', 'admin', '', tap.verifier(), NULL);
SELECT add_user('admin.out@sql.test', 'admin', '', tap.verifier(), NULL);
SELECT add_user('viewer.in@sql.test', 'viewer', '', tap.verifier(), NULL);
SELECT add_user('viewer.out@sql.test', 'viewer', '', tap.verifier(), NULL);
SELECT add_user('newcomer@sql.test', 'admin', '', tap.verifier(), now() + interval '1 day');
INSERT INTO group_member SELECT CASE WHEN name LIKE '%.out@%' THEN 2 ELSE 1 END, id FROM app_user;
-- A login of the server that is nobody here, and one that is a user of another installation on it.
DO $$ BEGIN
  CREATE ROLE "nobody@sql.test" LOGIN;
EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN
  CREATE ROLE "stranger@sql.test" LOGIN IN ROLE certfleet_admin;
EXCEPTION WHEN duplicate_object THEN NULL; END $$;

INSERT INTO mail_settings (from_address, host, port) VALUES ('a@example.com', 'smtp.example.com', 25);
INSERT INTO sealing_key (id, public_key) VALUES ('0011223344556677', '\x00');
INSERT INTO ca_account (name, kind, directory_url, account_key_sealed)
  VALUES ('ca', 'acme', 'https://ca.example.com', '\x5ea1ed');
INSERT INTO organization (name, number) VALUES ('org', '1');
INSERT INTO applicant (name, user_id) VALUES ('asks', '1');
INSERT INTO ev_approver (name, user_id) VALUES ('approves', '1');
INSERT INTO access (name, address, login_id, login_secret_sealed, host_key)
  VALUES ('ssh', '192.0.2.1', 'deploy', '\x5ea1ed', 'SHA256:' || repeat('A', 43));
INSERT INTO peer (name, role, public_key) VALUES ('broker', 'broker', repeat('a', 40));
INSERT INTO session (queue, host, pid, slots, expires_at) VALUES ('csr', 'host', 1, 1, now() + interval '1 hour');
INSERT INTO daemon (program, host, pid, started_at, expires_at) VALUES ('broker', 'host', 1, now(), now() + interval '1 hour');
INSERT INTO job_limit (key, parallel) VALUES ('ca:99', 5);

-- Red is number 1, blue number 2, everywhere.
INSERT INTO service (name, group_id, common_name, ca_account_id)
  VALUES ('red service', 1, 'red.example.com', 1), ('blue service', 2, 'blue.example.com', 1);
INSERT INTO key_spec (service_id, algorithm) VALUES (1, 'ecdsa-p256'), (2, 'ecdsa-p256');
INSERT INTO key_pair (service_id, algorithm, spki_sha256, key_sealed)
  VALUES (1, 'ecdsa-p256', 'aa', '\x5ea1ed'), (2, 'ecdsa-p256', 'bb', '\x5ea1ed');
INSERT INTO csr (service_id, key_pair_id, pem) VALUES (1, 1, 'red'), (2, 2, 'blue');
INSERT INTO ca_order (service_id, ca_account_id, state) VALUES (1, 1, 'started'), (2, 1, 'started');
INSERT INTO acme_challenge (token, key_authorization, order_id) VALUES ('red', 'x', 1), ('blue', 'x', 2);
INSERT INTO certificate (service_id, slot, serial, sha256, common_name, not_before, not_after, leaf_pem, chain_pem,
                         key_pair_id)
  VALUES (1, 1, '01', 'aa', 'red.example.com', now(), now() + interval '9 days', 'red', '', 1),
         (2, 1, '02', 'bb', 'blue.example.com', now(), now() + interval '9 days', 'blue', '', 2);
INSERT INTO node (service_id, site_id, access_id, name, kind, verify_mode, cert_file, key_file, work_dir)
  VALUES (1, 1, 1, 'red node', 'apache', 'none', '/c', '/k', '/w'),
         (2, 1, 1, 'blue node', 'apache', 'none', '/c', '/k', '/w');
INSERT INTO apply (node_id, certificate_id, state) VALUES (1, 1, 'started'), (2, 2, 'started');
UPDATE node SET apply_status = 'started';
INSERT INTO mail (message_id, event, notification_id, service_id)
  VALUES ('red', 'order_started', 1, 1), ('blue', 'order_started', 2, 2);
INSERT INTO job (queue, admitted, priority, attempts_max, kind, subject_id, service_id, time_limit, concurrency_key)
  SELECT 'csr', false, 1, 5, 'csr.make', n, n, '1 min', 'order:' || n FROM generate_series(1, 2) n;
INSERT INTO job_dead (id, queue, priority, attempts_max, kind, subject_id, service_id, time_limit)
  SELECT 1000 + n, 'csr', 1, 5, 'csr.make', n, n, '1 min' FROM generate_series(1, 2) n;
INSERT INTO job_history (id, created_at, queue, outcome, priority, attempts_failed, deliveries, crashes, request_no,
                         fence, subject_id, service_id, kind)
  SELECT 2000 + n, now(), 'csr', 'done', 1, 0, 1, 0, 0, 1, n, n, 'csr.make' FROM generate_series(1, 2) n;
INSERT INTO trace (at, level, module, code, service_id)
  SELECT now(), 'I', 'csr', 1, n FROM generate_series(1, 2) n;
-- Enough of red that the planner would keep samples.
INSERT INTO service (name, group_id, common_name) SELECT 'red ' || n, 1, 'r' || n || '.example.com' FROM generate_series(1, 300) n;
INSERT INTO node (service_id, site_id, access_id, name, kind, verify_mode, cert_file, key_file, work_dir, control)
  SELECT id, 1, 1, name, 'apache', 'none', '/secret/c', '/secret/k', '/w', 'apachectl' FROM service WHERE id > 3;
INSERT INTO node (service_id, site_id, access_id, name, kind, verify_mode, control, iis_site, iis_binding, windows_version, windows_key)
  VALUES (3, 1, 1, 'red windows', 'iis', 'none', NULL, 'Site', '*:*:443', '2019', true);   -- which must stay alone
INSERT INTO job_history (id, created_at, queue, outcome, priority, attempts_failed, deliveries, crashes, request_no,
                         fence, subject_id, service_id, kind, error)
  SELECT 3000 + n, now(), 'csr', 'failed', 1, 0, 1, 0, 0, 1, n, 1, 'csr.make', 'secret ' || n FROM generate_series(1, 300) n;
INSERT INTO schema_version VALUES (1, 'all');
ANALYZE;
