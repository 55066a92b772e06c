-- as: admin.out@sql.test
-- An administrator with psql and his own password, who is not in the group red, tries to get around it. He is really
-- connected as himself. Number 1 is red's, number 2 his group's, number 77 nobody's.
SET search_path TO certfleet, tap, pg_temp;
SELECT tap.no_plan();

-- Who he is.
SELECT throws_ok($$ SET SESSION AUTHORIZATION "admin.in@sql.test" $$, '42501', NULL, 'he can''t become another');
SELECT throws_ok($$ SET ROLE certfleet_order $$, '42501', NULL, 'nor a daemon');
SELECT throws_ok($$ SET ROLE postgres $$, '42501', NULL, 'nor the owner');
SET ROLE certfleet_admin;
SELECT is_empty($$ SELECT 1 FROM service WHERE id = 1 $$, 'in the role of all administrators he sees his own groups');
SELECT throws_ok($$ INSERT INTO job (queue, admitted, kind, subject_id, priority, time_limit, attempts_max)
                    VALUES ('csr', true, 'csr.make', 1, 0, '1 min', 1) $$, '42501', NULL, 'and is held to what he may ask for');
RESET ROLE;
SELECT throws_ok($$ GRANT certfleet_worker TO "admin.out@sql.test" $$, '42501', NULL, 'he can''t give himself a role');
SELECT throws_ok($$ GRANT certfleet_admin TO "viewer.out@sql.test" $$, '42501', NULL, 'nor others');
SELECT throws_ok($$ CREATE ROLE other LOGIN $$, '42501', NULL, 'nor make one');
SELECT throws_ok($$ ALTER ROLE certfleet_order PASSWORD 'x' $$, '42501', NULL, 'nor set a daemon''s password');
SELECT throws_ok($$ ALTER ROLE "admin.in@sql.test" PASSWORD 'x' $$, '42501', NULL, 'nor another''s');
SELECT throws_ok($$ DROP ROLE "viewer.in@sql.test" $$, '42501', NULL, 'nor drop one');
SELECT throws_ok($$ SELECT set_membership('admin.out@sql.test', 'admin') $$, '42501', NULL,
                 'the inner functions are not his to call');
-- A statement without an effect is no error: the grant must not be there afterwards.
DO $$ BEGIN EXECUTE 'GRANT SELECT ON access TO "admin.out@sql.test"'; EXCEPTION WHEN insufficient_privilege THEN NULL; END $$;
SELECT throws_ok($$ SELECT login_secret_sealed FROM access $$, '42501', NULL, 'nor give himself a sealed column');

-- Users, by the functions.
SELECT throws_ok($$ SELECT remove_user('admin.out@sql.test') $$, '55000', 'nobody removes himself');
SELECT throws_ok($$ SELECT remove_user('certfleet_order') $$, '22023', NULL, 'a daemon''s role is no user');
SELECT throws_ok($$ SELECT remove_user('stranger@sql.test') $$, 'P0002', NULL, 'nor is another installation''s user');
SELECT throws_ok($$ SELECT add_user('stranger@sql.test', 'admin', '', tap.verifier(), NULL) $$, '55000', NULL,
                 'whom he can''t take over');
SELECT throws_ok($$ SELECT add_user('postgres', 'admin', '', tap.verifier(), NULL) $$, '22023', NULL, 'nor the owner');
SELECT throws_ok($$ SELECT reset_user('certfleet_mail', tap.verifier(), now() + interval '1 hour') $$, '22023', NULL,
                 'nor reset a daemon''s password');
SELECT throws_ok($$ SELECT change_password('secret in the clear') $$, '22023', NULL, 'a password in the clear is refused');
SELECT throws_ok($$ INSERT INTO app_user (name, role) VALUES ('x@sql.test', 'admin') $$, '42501', NULL,
                 'the table of users is not his to write');

-- Rows of red.
SELECT is_empty($$ SELECT 1 FROM service WHERE name = 'red service' $$, 'he does not see the service');
SELECT is_empty($$ SELECT 1 FROM node n JOIN service s ON s.id = n.service_id WHERE n.id = 1 $$, 'nor by a join');
SELECT is((SELECT count(*) FROM trace), 1::bigint, 'nor in counts');
SELECT is((SELECT count(*) FROM job), 1::bigint, 'nor among jobs');
SELECT is_empty($$ SELECT 1 FROM audit WHERE before::text || after::text LIKE '%red service%' $$, 'nor in the audit log');
SELECT is(cancel_jobs(ARRAY[1, 2]::bigint[]), 1, 'a job of red is none for him');
SELECT is(retry_jobs(ARRAY[1001]), 0, 'nor a dead one');
SELECT is_empty($$ UPDATE service SET group_id = 2 WHERE id = 1 RETURNING 1 $$, 'he can''t pull it over');
SELECT throws_ok($$ UPDATE service SET group_id = 1 WHERE id = 2 $$, '42501', NULL, 'nor push one of his there');
SELECT throws_ok($$ UPDATE node SET group_id = 1 WHERE id = 2 $$, '42501', NULL, 'nor his node');
SELECT throws_ok($$ UPDATE node SET served_state = 'match' WHERE id = 2 $$, '42501', NULL, 'nor say what a node serves');
SELECT throws_ok($$ UPDATE ca_order SET state = 'issued', ended_at = now() WHERE id = 2 $$, '42501', NULL,
                 'nor that an order was fulfilled');
SELECT throws_ok($$ UPDATE apply SET certificate_id = 1 WHERE id = 2 $$, '42501', NULL,
                 'nor have a certificate of red installed on a node of his');
SELECT throws_ok($$ INSERT INTO csr (service_id, key_pair_id, pem) VALUES (2, 1, 'x') $$, '42501', NULL,
                 'nor order with a key of red');
SELECT throws_ok($$ UPDATE app_user SET role = 'viewer' WHERE name = 'admin.in@sql.test' $$, '42501', NULL,
                 'nor change a role by hand');
SELECT throws_ok($$ INSERT INTO trace (at, level, module, code) VALUES (now(), 'E', 'x', 1) $$, '42501', NULL,
                 'nor write into the log');
SELECT throws_ok($$ DELETE FROM audit $$, '42501', NULL, 'nor remove from the audit log');
SELECT throws_ok($$ INSERT INTO audit (action, table_name) VALUES ('INSERT', 'x') $$, '42501', NULL, 'nor add to it');

-- Jobs: what they work on is not what they say.
SELECT throws_ok($$ INSERT INTO job (queue, admitted, kind, subject_id, service_id, priority, time_limit, attempts_max,
                                     concurrency_key)
                    VALUES ('csr', true, 'csr.make', 1, 2, 0, '1 min', 1, 'order:1') $$, '42501', NULL,
                 'a job with his service and red''s order');
SELECT throws_ok($$ INSERT INTO job (queue, admitted, kind, subject_id, service_id, node_id, site_id, priority, time_limit,
                                     attempts_max, concurrency_key)
                    VALUES ('apply', true, 'apply.run', 1, 2, 2, 1, 0, '1 min', 1, 'access:1') $$, '42501', NULL,
                 'a job with his node and red''s apply');
SELECT throws_ok($$ INSERT INTO job (queue, admitted, kind, subject_id, service_id, node_id, site_id, priority, time_limit,
                                     attempts_max, concurrency_key)
                    VALUES ('apply', true, 'apply.run', 2, 2, 2, 1, 0, '1 min', 1, 'access:77') $$, '42501', NULL,
                 'a job that does not wait for its access');
SELECT throws_ok($$ INSERT INTO mail (message_id, event, notification_id, service_id) VALUES ('x', 'order_started', 1, 2) $$,
                 '42501', NULL, 'a mail to red''s recipients');
-- A job that is his own must not stand in the way of others'.
SELECT throws_ok(format($$ INSERT INTO job (queue, admitted, kind, subject_id, priority, time_limit, attempts_max, %s)
                           VALUES ('mail', false, 'mail.test', 1, 0, '1 min', 1, %L) $$, field, value), '42501', NULL,
                 format('a test mail with %s = %s', field, value))
FROM (VALUES ('dedupe_key', 'verify.expiry'), ('concurrency_key', 'order:1'), ('site_id', '1'), ('run_at', 'infinity'))
  AS t(field, value);
SELECT lives_ok($$ INSERT INTO job (queue, admitted, kind, subject_id, priority, time_limit, attempts_max)
                   VALUES ('mail', true, 'mail.test', 1, 0, '1 min', 1) $$, 'which without these is allowed');
SELECT throws_ok(format($$ INSERT INTO mail (message_id, event, event_key, notification_id, service_id)
                           VALUES ('x', %L, %L, 2, 2) $$, event, key), '42501', NULL, format('a mail of %s %s', event, key))
FROM (VALUES ('expired', 'expired:1'), ('order_started', 'expired:1'), ('no_such_event', NULL)) AS t(event, key);
UPDATE mail_settings SET auth_user = 'u', auth_password_sealed = 'sealed';
SELECT throws_ok($$ UPDATE mail_settings SET host = 'mail.evil.test' $$, '23514',
                 'another SMTP server or CA certificate needs the SMTP password again',
                 'the SMTP password is not sent to another server');

-- Whether red has something: the same words for what he does not see and for what is not there.
CREATE FUNCTION pg_temp.words(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  detail text;
BEGIN
  EXECUTE statement;
  RETURN 'done';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  RETURN concat_ws(' / ', SQLSTATE, SQLERRM, nullif(detail, ''));
END $$;
SELECT is(pg_temp.words(replace(statement, '#', '1')), pg_temp.words(replace(statement, '#', '77')), 'tells nothing: ' || statement)
FROM unnest(ARRAY[
  $$INSERT INTO node (service_id, site_id, access_id, name, kind, verify_mode, cert_file, key_file, work_dir)
    VALUES (#, 1, 1, 'new', 'apache', 'none', '/c', '/k', '/w')$$,
  $$INSERT INTO node (service_id, site_id, access_id, name, kind, verify_mode, cert_file, key_file, work_dir)
    VALUES (#, 77, 77, 'red node', 'apache', 'none', '/c', '/k', '/w')$$,
  $$INSERT INTO csr (service_id, pem) VALUES (#, 'x')$$,
  $$INSERT INTO key_spec (service_id, algorithm) VALUES (#, 'ecdsa-p256')$$,
  $$INSERT INTO key_spec (service_id, algorithm) VALUES (#, 'ecdsa-p256') ON CONFLICT (service_id) DO UPDATE SET unit = 'x'$$,
  $$INSERT INTO ca_order (service_id, ca_account_id, state) VALUES (#, 1, 'started')$$,
  $$INSERT INTO apply (node_id, state) VALUES (#, 'started')$$,
  $$INSERT INTO mail (message_id, event, notification_id, service_id) VALUES ('x', 'order_started', 1, #)$$,
  $$UPDATE node SET service_id = # WHERE id = 2$$,
  $$DELETE FROM service WHERE id = #$$,
  $$SELECT cancel_jobs(ARRAY[#])$$,
  $$SELECT * FROM service WHERE id = # FOR UPDATE$$
]) AS statement;
SELECT is(pg_temp.words(replace(statement, '#', '3')), pg_temp.words(replace(statement, '#', '77')), 'no trigger looks before the policy')
FROM (VALUES ($$INSERT INTO node (service_id, site_id, access_id, name, kind, verify_mode, cert_file, key_file, work_dir, control)
                VALUES (#, 1, 1, 'new', 'apache', 'none', '/c', '/k', '/w', 'apachectl')$$)) AS v(statement);
-- Names are unique in the installation: that one is taken is told (docs/security.md), and no more than what he typed.
SELECT is(pg_temp.words($$ INSERT INTO service (name, group_id, common_name) VALUES ('red service', 2, 'x.example.com') $$),
          '23505 / duplicate key value violates unique constraint "service_name_key"',
          'of a taken name he learns only that');
SELECT is(pg_temp.words($$ UPDATE access SET port = 0 WHERE id = 1 $$) ~ '5ea1ed', false,
          'no error shows a row''s sealed column');

-- What runs before the policy would see all.
CREATE TABLE pg_temp.seen (what text);
CREATE FUNCTION pg_temp.leak(what text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$
BEGIN INSERT INTO pg_temp.seen VALUES (what); RETURN true; END $$;
SELECT count(*) FROM service WHERE pg_temp.leak(name);
SELECT count(*) FROM node WHERE pg_temp.leak(name) AND name <> '';
SELECT count(*) FROM trace t WHERE pg_temp.leak(t.service_id::text);
SELECT count(*) FROM job_history h WHERE pg_temp.leak(h.service_id::text);
SELECT results_eq($$ SELECT DISTINCT what COLLATE "C" FROM pg_temp.seen ORDER BY 1 $$,
                  $$ VALUES ('2' COLLATE "C"), ('blue node'), ('blue service') $$, 'a cheap function sees what he sees');
SELECT throws_ok($$ CREATE FUNCTION certfleet.f() RETURNS int LANGUAGE sql AS 'SELECT 1' $$, '42501', NULL,
                 'he makes nothing in the schema');
SELECT throws_ok($$ CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1' $$, '42501', NULL, 'nor in public');
SELECT throws_ok($$ SET row_security = off; SELECT count(*) FROM service $$, '42501', NULL, 'he can''t switch policies off');
SELECT throws_ok($$ ALTER TABLE service DISABLE ROW LEVEL SECURITY $$, '42501', NULL, 'nor take them away');
SELECT throws_ok($$ CREATE POLICY mine ON service USING (true) $$, '42501', NULL, 'nor add one');
SELECT throws_ok($$ ALTER TABLE ca_order DISABLE TRIGGER by_person $$, '42501', NULL, 'nor stop a trigger');
SELECT throws_ok($$ SET session_replication_role = replica $$, '42501', NULL, 'nor all of them');
SELECT throws_ok($$ CREATE TRIGGER t AFTER INSERT ON service EXECUTE FUNCTION suppress_redundant_updates_trigger() $$,
                 '42501', NULL, 'nor make one');
SELECT throws_ok($$ TRUNCATE trace $$, '42501', NULL, 'nor empty a table');
SELECT throws_ok($$ SELECT a FROM access a $$, '42501', NULL, 'nor take a whole row with a sealed column');
SELECT throws_ok($$ SELECT table_to_xml('access', true, true, '') $$, '42501', NULL, 'nor a whole table');
SELECT throws_ok($$ COPY service TO PROGRAM 'cat' $$, '42501', NULL, 'nor run a program');
SELECT throws_ok($$ SELECT pg_read_file('postgresql.conf') $$, '42501', NULL, 'nor read a file');
SELECT throws_ok($$ SELECT count(*) FROM trace_default $$, '42501', NULL, 'nor read a partition');
SELECT throws_ok($$ SELECT last_value FROM service_id_seq $$, '42501', NULL, 'nor look at a sequence');
SELECT throws_ok($$ SELECT nextval('trace_id_seq') $$, '42501', NULL, 'nor draw from it');
SELECT throws_ok($$ CREATE VIEW pg_temp.v AS SELECT login_secret_sealed FROM access; SELECT * FROM pg_temp.v $$, '42501', NULL,
                 'a view of his sees with his eyes');
CREATE VIEW pg_temp.all_services AS SELECT * FROM certfleet.service;
SELECT is((SELECT count(*) FROM pg_temp.all_services), 1::bigint, 'and only his rows');

-- A table of his own in front of the real one: functions that act as the owner look elsewhere.
CREATE TABLE pg_temp.app_user AS SELECT 'admin.out@sql.test'::text AS name, 'admin'::text AS role, now() AS password_set_at, 1::bigint AS id;
CREATE TABLE pg_temp.group_member AS SELECT 1::bigint AS group_id, 1::bigint AS user_id;
SET search_path TO pg_temp, certfleet, tap;
SELECT is(my_groups(), ARRAY[2::bigint], 'his groups stay his');
SELECT is_empty($$ SELECT 1 FROM certfleet.service WHERE id = 1 $$, 'and what he sees');
SELECT is_empty($$ SELECT certfleet.ids_with_part('service', 'red', 9) UNION ALL SELECT certfleet.ids_with_part('node', 'red', 9) $$,
                'and finds by a part of a name');
SET search_path TO certfleet, tap, pg_temp;
SELECT is_empty($$ SELECT ids_with_part('service', 'red', 9) UNION ALL SELECT ids_with_part('node', 'red', 9) $$,
                'parts of names are found in his groups only');
SELECT set_eq($$ SELECT ids_with_part('service', 'blue', 9) UNION ALL SELECT ids_with_part('node', 'blue', 9) $$,
              ARRAY[2::bigint], 'and are found there');
SELECT throws_ok($$ SELECT ids_with_part('user_group', 'red', 9) $$, '22023', NULL, 'and in no other table');

-- Statistics.
SELECT is_empty($$ SELECT 1 FROM pg_stats WHERE schemaname = 'certfleet' AND tablename IN
                   ('service', 'node', 'certificate', 'key_spec', 'ca_order', 'trace', 'job') $$, 'no samples are shown to him');
SELECT is_empty($$ SELECT query FROM pg_stat_activity WHERE usename <> session_user
                   AND query NOT IN ('<insufficient privilege>', '') $$, 'nor what others ask');
SELECT throws_ok($$ SELECT * FROM pg_statistic $$, '42501', NULL, 'nor the samples themselves');
CREATE FUNCTION pg_temp.guess(statement text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
  EXECUTE 'EXPLAIN (FORMAT json) ' || statement INTO plan;
  RETURN (plan -> 0 -> 'Plan' ->> 'Plan Rows')::bigint;
END $$;
SELECT is(pg_temp.guess($$ SELECT * FROM service WHERE common_name < 'red' $$),
          pg_temp.guess($$ SELECT * FROM service WHERE common_name < 'a' $$), 'estimates know no names');
SELECT is(pg_temp.guess($$ SELECT * FROM node WHERE cert_file = '/c' $$),
          pg_temp.guess($$ SELECT * FROM node WHERE cert_file = '/nowhere' $$), 'nor paths');

-- What is his he may do: a start as the command makes it, and what was asked for goes by the rules.
SELECT lives_ok($$ UPDATE service SET common_name = 'www.example.com' WHERE id = 2 $$, 'his own service he changes');
SELECT lives_ok($$ INSERT INTO group_member SELECT 1, id FROM certfleet.app_user WHERE name = session_user $$,
                'he may join red');
SELECT is((SELECT count(*) FROM service), 302::bigint, 'and then sees it');
SELECT results_eq($$ SELECT who, action, name FROM audit WHERE table_name = 'group_member' ORDER BY id DESC LIMIT 1 $$,
                  $$ VALUES ('admin.out@sql.test', 'INSERT', 'red admin.out@sql.test') $$, 'which is audited');
DELETE FROM group_member WHERE group_id = 1 AND user_id = (SELECT id FROM certfleet.app_user WHERE name = session_user);
SELECT is((SELECT count(*) FROM service), 1::bigint, 'and leave it');
SELECT * FROM tap.finish();
