-- Users and what becomes of their roles; groups that change; partitions made later. As the owner, who looks on.
SET search_path TO certfleet, tap, pg_temp;
SELECT tap.no_plan();

-- As somebody: what the functions answer him.
CREATE FUNCTION pg_temp.as_user(who text, statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('SET SESSION AUTHORIZATION %I', who);
  EXECUTE statement;
  RESET SESSION AUTHORIZATION;
  RETURN 'done';
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
CREATE FUNCTION pg_temp.roles_of(who text) RETURNS text LANGUAGE sql AS
  $$ SELECT string_agg(roleid::regrole::text, ' ') FROM pg_auth_members WHERE member = to_regrole(quote_ident(who)) $$;

SELECT is(pg_temp.as_user('viewer.in@sql.test', $$SELECT certfleet.add_user('a@sql.test', 'admin', '', tap.verifier(), NULL)$$),
          '42501 permission denied for function add_user', 'a viewer adds nobody');
SELECT is(pg_temp.as_user('admin.in@sql.test', $$SELECT certfleet.add_user('a@sql.test', 'admin', 'x', tap.verifier(), NULL)$$),
          'done', 'an administrator does');
SELECT is(pg_temp.roles_of('a@sql.test'), 'certfleet_admin', 'and he is an administrator');
SELECT is(pg_temp.as_user('admin.in@sql.test', $$SELECT certfleet.set_user('a@sql.test', 'viewer', 'y')$$), 'done', 'demoted');
SELECT is(pg_temp.roles_of('a@sql.test'), 'certfleet_viewer', 'he is one no more');
SELECT is(pg_temp.as_user('a@sql.test', $$SELECT certfleet.remove_user('admin.in@sql.test')$$),
          '42501 permission denied for function remove_user', 'and may no more');
SELECT is(pg_temp.as_user('admin.in@sql.test',
                          $$SELECT certfleet.reset_user('a@sql.test', tap.verifier(), now() + interval '1 hour')$$), 'done', 'reset');
SELECT is(pg_temp.roles_of('a@sql.test'), 'certfleet_newcomer', 'he has a code and nothing else');
SELECT ok((SELECT rolvaliduntil < now() + interval '2 hours' FROM pg_roles WHERE rolname = 'a@sql.test'), 'which ends');
SELECT is(pg_temp.as_user('admin.in@sql.test',
                          $$SELECT certfleet.reset_user('a@sql.test', tap.verifier(), now() + interval '1 year')$$),
          '22023 one-time code: is valid for 31 days at most', 'and not in a year');
SELECT is(pg_temp.as_user('admin.in@sql.test', format(
            'SELECT certfleet.reset_user(%L, tap.verifier(), now() + interval %L)', 'a@sql.test', span)), said, span)
FROM (VALUES ('31 days', 'done'), ('31 days 1 second', '22023 one-time code: is valid for 31 days at most'),
             ('1 second', 'done'), ('0 seconds', '22023 one-time code: is valid for 31 days at most')) AS v(span, said);
SELECT is(pg_temp.as_user('admin.in@sql.test', $$SELECT certfleet.reset_user('a@sql.test', tap.verifier(), NULL)$$),
          'done', 'without an end it is a password');
SELECT is(pg_temp.roles_of('a@sql.test'), 'certfleet_viewer', 'with which he is what he is');
SELECT ok((SELECT rolvaliduntil = 'infinity' AND rolcanlogin FROM pg_roles WHERE rolname = 'a@sql.test'), 'as long as he likes');
SELECT is(pg_temp.as_user('admin.in@sql.test', $$SELECT certfleet.reset_user('a@sql.test', NULL, NULL)$$),
          '22023 password: a SCRAM-SHA-256 verifier is needed', 'but none is no password');
SELECT is(pg_temp.as_user('admin.in@sql.test', $$SELECT certfleet.reset_user('admin.in@sql.test', tap.verifier(), NULL)$$),
          '55000 nobody resets himself: use passwd', 'nor is it another way around the old one');
SELECT is(pg_temp.as_user('admin.in@sql.test',
                          $$SELECT certfleet.reset_user('a@sql.test', tap.verifier(), now() + interval '1 hour')$$), 'done', 'a code');
UPDATE app_user SET code_expires_at = now() - interval '1 second' WHERE name = 'a@sql.test';
SELECT is(pg_temp.as_user('a@sql.test', $$SELECT certfleet.change_password(tap.verifier())$$),
          '42501 permission denied: the one-time code has expired', 'an expired one is none, even on an open connection');
SELECT is(pg_temp.as_user('admin.in@sql.test', $$SELECT certfleet.remove_user('a@sql.test')$$), 'done', 'removed');
SELECT is(to_regrole('"a@sql.test"')::text, NULL, 'the role is gone');

-- One who is brought in without a password (docs/import.md).
SELECT is(pg_temp.as_user('viewer.in@sql.test', $$SELECT certfleet.add_user('b@sql.test', 'admin', '', NULL, NULL)$$),
          '42501 permission denied for function add_user', 'a viewer brings in nobody');
SELECT is(pg_temp.as_user('admin.in@sql.test', $$SELECT certfleet.add_user('b@sql.test', 'admin', '', NULL, NULL)$$),
          'done', 'an administrator does');
SELECT ok((SELECT NOT rolcanlogin AND rolpassword IS NULL FROM pg_authid WHERE rolname = 'b@sql.test'), 'who has no login');
SELECT is(pg_temp.roles_of('b@sql.test'), NULL, 'and no role');
SELECT is(pg_temp.as_user('admin.in@sql.test', $$SELECT certfleet.set_user('b@sql.test', 'viewer', '')$$), 'done', 'changed');
SELECT is(pg_temp.roles_of('b@sql.test'), NULL, 'he still has none');
SELECT is(pg_temp.as_user('admin.in@sql.test',
                          $$SELECT certfleet.add_user('c@sql.test', 'admin', '', NULL, now() + interval '1 hour')$$),
          '22023 password: a SCRAM-SHA-256 verifier is needed', 'a code is a password');
SELECT is(pg_temp.as_user('admin.in@sql.test',
                          $$SELECT certfleet.reset_user('b@sql.test', tap.verifier(), now() + interval '1 hour')$$), 'done', 'with a code');
SELECT is(pg_temp.roles_of('b@sql.test'), 'certfleet_newcomer', 'he comes in');
SELECT is(pg_temp.as_user('b@sql.test', $$SELECT certfleet.change_password(tap.verifier())$$), 'done', 'sets his password');
SELECT is(pg_temp.roles_of('b@sql.test'), 'certfleet_viewer', 'and is what he was made');
SELECT is(pg_temp.as_user('admin.in@sql.test', $$SELECT certfleet.remove_user('b@sql.test')$$), 'done', 'removed');

-- The last administrator. Newcomers do not count: they might never come.
UPDATE app_user SET role = 'viewer' WHERE name = 'admin.out@sql.test';
SELECT is(pg_temp.as_user('admin.in@sql.test', $$SELECT certfleet.set_user('admin.in@sql.test', 'viewer', '')$$),
          '55000 admin.in@sql.test is the last administrator', 'the last one stays one');
SELECT throws_ok($$ SELECT remove_user('admin.in@sql.test') $$, '55000', 'admin.in@sql.test is the last administrator',
                 'and is not removed by the owner either');
UPDATE app_user SET role = 'admin' WHERE name = 'admin.out@sql.test';

-- The role of all administrators is the server's; here counts what he is here.
GRANT certfleet_admin TO "viewer.in@sql.test";
SELECT is(pg_temp.as_user('viewer.in@sql.test', $$DELETE FROM certfleet.node WHERE id = 1$$), 'done', 'a viewer with the role');
SELECT isnt_empty($$ SELECT 1 FROM node WHERE id = 1 $$, 'removes nothing');
SELECT matches(pg_temp.as_user('viewer.in@sql.test', $$INSERT INTO certfleet.site (name) VALUES ('x')$$), '^42501', 'adds nothing');
SELECT matches(pg_temp.as_user('viewer.in@sql.test', $$SELECT certfleet.remove_user('admin.in@sql.test')$$), '^42501', 'and removes nobody');
SELECT matches(pg_temp.as_user('viewer.in@sql.test', $$SELECT certfleet.offer_sealing_key(repeat('x', 32)::bytea)$$), '^42501',
               'nor moves the sealing key on');
REVOKE certfleet_admin FROM "viewer.in@sql.test";

-- Every step of it is in the audit log, without the verifier.
SELECT is(ARRAY(SELECT who || ' ' || action FROM audit WHERE table_name = 'app_user' AND name = 'a@sql.test' ORDER BY id),
          ARRAY['admin.in@sql.test INSERT'] || array_fill('admin.in@sql.test UPDATE'::text, ARRAY[6])
            || ARRAY[session_user || ' UPDATE', 'admin.in@sql.test DELETE'], 'the log has his life');
SELECT is_empty($$ SELECT 1 FROM audit WHERE before::text || after::text LIKE '%SCRAM%' $$, 'and no verifier');
SELECT is_empty($$ SELECT 1 FROM audit WHERE concat(before, after) LIKE '%5ea1ed%' $$, 'nor a sealed value');
UPDATE access SET login_secret_sealed = '\x5ea1ed02' WHERE id = 1;
SELECT is((SELECT after ->> 'login_secret_sealed' FROM audit WHERE table_name = 'access' ORDER BY id DESC LIMIT 1),
          '(sealed)', 'which is blanked');

-- A service goes over to another group, and all that hangs on it.
UPDATE service SET group_id = 2 WHERE id = 1;
SELECT is_empty(format('SELECT 1 FROM %I WHERE %s = 1 AND group_id <> 2', t, k), t || ' follows the service')
FROM (VALUES ('key_spec', 'service_id'), ('key_pair', 'service_id'), ('csr', 'service_id'), ('ca_order', 'service_id'),
             ('certificate', 'service_id'), ('node', 'service_id'), ('mail', 'service_id'), ('apply', 'node_id'),
             ('trace', 'service_id')) AS v(t, k);
SELECT is((SELECT groups FROM audit WHERE table_name = 'service' ORDER BY id DESC LIMIT 1), ARRAY[2::bigint, 1],
          'both groups see that it went');
SELECT is_empty($$ SELECT 1 FROM audit WHERE table_name = 'node' AND action = 'UPDATE'
                   AND before ->> 'group_id' IS DISTINCT FROM after ->> 'group_id' $$, 'and that its nodes followed is no change');
UPDATE service SET group_id = 1 WHERE id = 1;
SELECT throws_ok($$ DELETE FROM user_group WHERE id = 1 $$, '23503', NULL, 'a group with services stays');
DELETE FROM service WHERE id = 2;
SELECT is((SELECT count(*) FROM trace WHERE group_id = 2), 1::bigint, 'the group keeps the log of what it removed');

-- Partitions of later months.
SELECT ensure_partitions(30);
SELECT is_empty($$ SELECT relname, who FROM pg_class, tap.everybody
                   WHERE relnamespace = 'certfleet'::regnamespace AND relispartition AND relkind = 'r'
                     AND (has_any_column_privilege(who, oid, 'SELECT, INSERT, UPDATE') OR NOT relrowsecurity) $$,
                'partitions made later are as closed');
INSERT INTO trace (at, level, module, code, service_id) VALUES (now() + interval '20 months', 'I', 'x', 1, 1);
SELECT is((SELECT group_id FROM trace WHERE at > now() + interval '19 months'), 1::bigint, 'and know whose a line is');
SELECT * FROM tap.finish();
