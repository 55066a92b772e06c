-- as: newcomer@sql.test
-- With a one-time code: nothing but to set his password.
SET search_path TO certfleet, tap, pg_temp;
SELECT tap.no_plan();
SELECT is((SELECT password_set FROM who_am_i()), false, 'he learns where he stands');
SELECT throws_ok(format('SELECT * FROM certfleet.%I LIMIT 1', name), '42501', NULL, 'and nothing of ' || name) FROM tap.tables;
SELECT throws_ok($$ SELECT add_user('x@sql.test', 'admin', '', tap.verifier(), NULL) $$, '42501', NULL, 'he adds nobody');
SELECT throws_ok($$ ALTER ROLE "newcomer@sql.test" VALID UNTIL 'infinity' $$, '42501', NULL, 'nor makes his code last');
SELECT throws_ok($$ SELECT change_password('md5aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa') $$, '22023', NULL, 'SCRAM it must be');
SELECT lives_ok($$ SELECT change_password(tap.verifier()) $$, 'he sets his password');
SELECT is((SELECT password_set FROM who_am_i()), true, 'and is somebody');
SELECT is((SELECT count(*) FROM service), 301::bigint, 'who sees his groups');
SELECT * FROM tap.finish();
