-- as: admin.in@sql.test
-- The rules and limits that the database keeps itself, asked by an administrator with psql: what the command refuses,
-- the database refuses, too.
SET search_path TO certfleet, tap, pg_temp;
SELECT tap.no_plan();

-- ---- Rules: a CA account's key goes to no other address (manual 8.1.3).
INSERT INTO ca_account (name, kind, api_url, api_key_sealed)
  VALUES ('dc', 'digicert', 'https://dc.example.com/v2', '\x01');
SELECT lives_ok($$ UPDATE ca_account SET api_url = 'https://dc.example.com/v2', name = 'dc2' WHERE name = 'dc' $$,
                'an account may be renamed');
SELECT throws_ok($$ UPDATE ca_account SET api_url = 'https://evil.example.com' WHERE name = 'dc2' $$, '23514',
                 'CA account dc2: another API URL needs its API key again', 'its key does not follow to another URL');
SELECT throws_ok($$ INSERT INTO ca_account (name, kind, api_url, api_key_sealed)
                    VALUES ('dc2', 'digicert', 'https://evil.example.com', '\x02')
                    ON CONFLICT (name) DO UPDATE SET api_url = excluded.api_url $$, '23514', NULL, 'nor by an insert');
SELECT lives_ok($$ UPDATE ca_account SET api_url = 'https://other.example.com', api_key_sealed = '\x03'
                   WHERE name = 'dc2' $$, 'another URL comes with its key');
SELECT throws_ok($$ UPDATE ca_account SET api_key_sealed = NULL WHERE name = 'dc2' $$, '23514', NULL,
                 'a DigiCert account keeps a key');
SELECT throws_ok($$ INSERT INTO ca_account (name, kind, api_url)
                    VALUES ('dc3', 'digicert', 'https://dc.example.com') $$,
                 '23514', NULL, 'and has one from the beginning');
UPDATE ca_account SET account_url = 'https://ca.example.com/acct/1' WHERE name = 'ca';
UPDATE ca_account SET directory_url = 'https://other.example.com' WHERE name = 'ca';
SELECT is((SELECT account_url FROM ca_account WHERE name = 'ca'), NULL, 'another directory has another account');

SELECT throws_ok($$ UPDATE access SET exec_secret_sealed = '\x01' WHERE id = 1 $$, '23514', NULL,
                 'a password for sudo needs its execution id');

-- ---- Rules: an access fits its nodes (manual 9.1.6). It is asked at the end of the transaction; here at once.
SELECT throws_ok($$ SET CONSTRAINTS ALL IMMEDIATE; UPDATE access SET host_key = NULL WHERE id = 1 $$, '23514',
                 'access ssh has no host key, which nodes of kind apache need', 'an access keeps what its nodes need');
SELECT throws_ok($$ SET CONSTRAINTS ALL IMMEDIATE; UPDATE access SET login_id = 'a b' WHERE id = 1 $$, '23514',
                 'access ssh has the login id "a b", which nodes of kind apache can''t use', 'and one that a shell reads');
SELECT throws_ok($$ SET CONSTRAINTS ALL IMMEDIATE;
                    UPDATE access SET login_key_sealed = '\x01', login_secret_sealed = NULL WHERE id = 1 $$, '23514',
                 'access ssh has no password, which nodes of kind iis need', 'and a password for those without SSH');
INSERT INTO access (name, address, login_id, login_key_sealed) VALUES ('bare', '192.0.2.3', 'deploy', '\x01');
SELECT throws_ok($$ SET CONSTRAINTS ALL IMMEDIATE;
                    UPDATE node SET access_id = (SELECT id FROM access WHERE name = 'bare') WHERE name = 'red node' $$,
                 '23514', 'access bare has no host key, which nodes of kind apache need', 'a node takes one that fits');
SELECT throws_ok($$ SET CONSTRAINTS ALL IMMEDIATE;
                    INSERT INTO node (service_id, site_id, access_id, name, kind, verify_mode, control, ssl_profile, import_name,
                                      partition)
                    SELECT 1, 1, id, 'bare bigip', 'bigip', 'none', NULL, 'p', 'i', 'Common' FROM access WHERE name = 'bare' $$,
                 '23514', 'access bare has no password, which nodes of kind bigip need', 'a new one, too');
SELECT lives_ok($$ SET CONSTRAINTS ALL IMMEDIATE; UPDATE access SET address = '192.0.2.4', port = 2222 WHERE id = 1 $$,
                'what has nothing to do with it may change');

-- ---- Limits: each at it and just past it. # is the value.
CREATE FUNCTION pg_temp.outcome(statement text, value text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE replace(statement, '#', quote_literal(value));
  RAISE EXCEPTION 'stored' USING ERRCODE = 'ZZ000';   -- and undone
EXCEPTION
  WHEN SQLSTATE 'ZZ000' THEN RETURN 'stored';
  WHEN OTHERS THEN RETURN SQLSTATE;
END $$;

-- Bytes, not characters: 42 of the three-byte ones leave two.
SELECT is(pg_temp.outcome(format('UPDATE %I SET name = # WHERE id = 1', tab), value), expected,
          format('%s.name of %s bytes: %s', tab, octet_length(value), translate(left(value, 10), E'\n', ' ')))
FROM unnest('{company,site,notification_table,user_group,ca_account,organization,
             applicant,ev_approver,service,access,node}'::text[]) AS tab,
     (VALUES (repeat('n', 128), 'stored'), (repeat('あ', 42) || 'nn', 'stored'), (repeat('n', 129), '23514'),
             (repeat('あ', 43), '23514'), ('', '23514'), (' n', '23514'), ('n ', '23514'), (E'n\nn', '23514'))
       AS names(value, expected);

INSERT INTO node (service_id, site_id, access_id, name, kind, verify_mode, control, ssl_profile, import_name, partition)
  VALUES (1, 1, 1, 'red bigip', 'bigip', 'none', NULL, 'p', 'i', 'Common');
INSERT INTO applicant (name, person, phone, title, email) VALUES ('typed', 'p', '1', 't', 'a@example.com');
INSERT INTO ev_approver (name, person, phone, title, email) VALUES ('typed', 'p', '1', 't', 'a@example.com');
UPDATE access SET exec_id = 'root' WHERE id = 1;

CREATE TABLE pg_temp.limits (statement text, fits text[], past text[]);
INSERT INTO pg_temp.limits
SELECT format('UPDATE %s', statement), fits, past FROM (VALUES
  ('settings SET proxy = #',
   ARRAY['p:1', 'p:65535', '[2001:db8::1]:8080'], ARRAY['p:0', 'p:65536', 'p:99999999999999999999', 'p']),
  ('settings SET csr_timer_s = #', '{10,600}', '{9,601}'),
  ('settings SET order_timer_s = #', '{60,3600}', '{59,3601}'),
  ('settings SET apply_timer_s = #', '{60,3600}', '{59,3601}'),
  ('settings SET verify_timer_s = #', '{5,600}', '{4,601}'),
  ('settings SET mail_timer_s = #', '{10,600}', '{9,601}'),
  ('settings SET language = #', '{ja,en}', '{de,""}'),
  ('schedule SET within_days = # WHERE task = ''orders''', '{1,365}', '{0,366}'),
  ('schedule SET cron = # WHERE task = ''orders''', ARRAY[repeat('*', 256)], ARRAY[repeat('*', 257), E'a\nb']),
  ('app_user SET contact = # WHERE name = ''viewer.in@sql.test''',
   ARRAY[repeat('c', 65536), E'a\nb'], ARRAY[repeat('c', 65537)]),
  ('notification_table SET title = # WHERE id = 1', ARRAY[repeat('t', 512)], ARRAY[repeat('t', 513), E'a\tb']),
  ('notification_table SET body = # WHERE id = 1', ARRAY[repeat('b', 65536), E'a\nb'], ARRAY[repeat('b', 65537)]),
  ('notification_table SET order_interval_min = # WHERE id = 1', '{1,1440}', '{0,1441}'),
  ('notification_recipient SET position = # WHERE notification_id = 1', '{1,5}', '{0,6}'),
  ('notification_recipient SET address = # WHERE notification_id = 1', ARRAY['a@' || repeat('d', 252)],
   ARRAY['a@' || repeat('d', 253), 'a', '@d', 'a@', 'a@b@c', 'a b@d', 'あ@d', 'a@あ', '<a@d>', 'a,b@d', 'a"@d',
         'a\@d', 'a]@d']),
  ('mail_settings SET from_address = #', ARRAY['a@' || repeat('d', 252)], ARRAY['a@' || repeat('d', 253)]),
  ('mail_settings SET host = #',
   ARRAY[repeat('h', 253), '2001:db8::1'], ARRAY[repeat('h', 254), 'h h', 'h/', 'ホスト']),
  ('mail_settings SET port = #', '{1,65535}', '{0,65536}'),
  ('mail_settings SET auth_password_sealed = ''\x01'', auth_user = #',
   ARRAY[repeat('u', 256)], ARRAY[repeat('u', 257), E'a\nb']),
  ('mail_settings SET ca_pem = #', ARRAY[repeat('p', 262144)], ARRAY[repeat('p', 262145)]),
  ('ca_account SET directory_url = # WHERE id = 1', ARRAY['https://' || repeat('d', 2040)],
   ARRAY['https://' || repeat('d', 2041), 'https://', 'http://d', 'https://d d', 'https://あ']),
  ('ca_account SET api_key_sealed = ''\x09'', api_url = # WHERE name = ''dc2''', ARRAY['https://' || repeat('d', 2040)],
   ARRAY['https://' || repeat('d', 2041)]),
  ('ca_account SET contact = # WHERE id = 1', ARRAY['a@' || repeat('d', 252)], ARRAY['a@' || repeat('d', 253)]),
  ('ca_account SET ca_pem = # WHERE id = 1', ARRAY[repeat('p', 262144)], ARRAY[repeat('p', 262145)]),
  ('organization SET number = # WHERE id = 1', ARRAY['1', repeat('9', 18)], ARRAY[repeat('9', 19), '', '1a', '１']),
  ('organization SET note = # WHERE id = 1', ARRAY[repeat('n', 65536), E'a\nb'], ARRAY[repeat('n', 65537)]),
  ('service SET common_name = # WHERE id = 1', ARRAY[repeat('c', 64)], ARRAY[repeat('c', 65), '']),
  ('service SET licences = # WHERE id = 1', '{1,9999}', '{0,10000}'),
  ('service SET previous_order = # WHERE id = 1', ARRAY['1', repeat('9', 18)], ARRAY[repeat('9', 19), '']),
  ('service SET sans = # WHERE id = 1',
   ARRAY['{x' || repeat(',x', 249) || '}'], ARRAY['{x' || repeat(',x', 250) || '}']),
  ('key_spec SET country = # WHERE service_id = 1', '{JP,""}', '{JPN,jp,J}'),
  ('key_spec SET state = # WHERE service_id = 1', ARRAY[repeat('s', 128), repeat('京', 42) || 'ss'],
   ARRAY[repeat('s', 129), repeat('京', 43), E'a\nb']),
  ('key_spec SET locality = # WHERE service_id = 1',
   ARRAY[repeat('l', 128)], ARRAY[repeat('l', 129), '渋谷', E'a\nb']),
  ('key_spec SET organization = # WHERE service_id = 1', ARRAY[repeat('o', 64)], ARRAY[repeat('o', 65), '会社']),
  ('key_spec SET unit = # WHERE service_id = 1', ARRAY[repeat('u', 64)], ARRAY[repeat('u', 65), '部']),
  ('key_spec SET email = # WHERE service_id = 1',
   ARRAY['a@' || repeat('d', 126), ''], ARRAY['a@' || repeat('d', 127), 'a', 'あ@d']),
  ('access SET address = # WHERE id = 1',
   ARRAY[repeat('a', 253), '2001:db8::1'], ARRAY[repeat('a', 254), '', 'a b', 'a/b']),
  ('access SET port = # WHERE id = 1', '{1,65535}', '{0,65536}'),
  ('access SET login_id = # WHERE id = 1', ARRAY[repeat('l', 256), 'EXAMPLE\u'], ARRAY[repeat('l', 257), '', E'a\nb']),
  ('access SET exec_id = # WHERE id = 1',
   ARRAY[repeat('e', 256), 'e-1@d'], ARRAY[repeat('e', 257), '', '-e', 'e e', 'e;']),
  ('access SET host_key = # WHERE id = 1', ARRAY['SHA256:' || repeat('A', 43)],
   ARRAY['SHA256:' || repeat('A', 42), 'SHA256:' || repeat('A', 44), 'MD5:' || repeat('A', 43)]),
  ('node SET verify_port = # WHERE id = 1', '{1,65535}', '{0,65536}'),
  ('node SET verify_host = # WHERE id = 1', ARRAY[repeat('h', 253)], ARRAY[repeat('h', 254), 'h h']),
  ('node SET verify_name = # WHERE id = 1', ARRAY[repeat('h', 253)], ARRAY[repeat('h', 254), '名前']),
  ('node SET control = # WHERE id = 1', ARRAY[repeat('c', 1024), '/' || repeat('c', 1023), '/usr/sbin/apachectl'],
   ARRAY[repeat('c', 1025), '/' || repeat('c', 1024), '', '-c', 'c c', 'c;', 'a/b', '/a/../b']),
  ('node SET ssl_profile = # WHERE name = ''red bigip''',
   ARRAY[repeat('p', 255), 'a-b_c.d'], ARRAY[repeat('p', 256), '', 'a b', 'a/b']),
  ('node SET partition = # WHERE name = ''red bigip''',
   ARRAY[repeat('p', 255), repeat('p', 255) || '/' || repeat('q', 255)],
   ARRAY[repeat('p', 256), 'a/' || repeat('p', 256), '', '/a', 'a/', 'a//b', 'a b']),
  ('node SET import_name = # WHERE name = ''red bigip''', ARRAY[repeat('i', 103)],
   ARRAY[repeat('i', 104), '', 'a b', 'a/b', '名前']),
  ('node SET iis_site = # WHERE name = ''red windows''', ARRAY[repeat('s', 256), '既定の Web サイト'],
   ARRAY[repeat('s', 257), '', 'a/b', 'a\b', 'a"b', 'a$b', E'a\nb'])
) AS one(statement, fits, past)
UNION ALL
SELECT format('UPDATE node SET %I = # WHERE id = 1', path),
       ARRAY['/' || repeat('p', 1023), '/a/..b/c.', '/a_b-c+d@e:f,g=h~i%j'],
       ARRAY['/' || repeat('p', 1024), '', '/', 'a', '/a/', '//a', '/a/../b', '/a/.', '/a b', '/あ', '/a;b', E'/a\nb']
FROM unnest('{cert_file,key_file,chain_file,work_dir}'::text[]) AS path
UNION ALL
SELECT format('UPDATE %I SET %I = # WHERE name = ''typed''', tab, col), fits, past
FROM unnest('{applicant,ev_approver}'::text[]) AS tab, (VALUES
  ('person', ARRAY[repeat('p', 128)], ARRAY[repeat('p', 129), '', E'a\nb']),
  ('country', '{JP,""}', '{JPN,jp}'),
  ('postal_code', ARRAY[repeat('1', 16)], ARRAY[repeat('1', 17), '〒']),
  ('address_1', ARRAY[repeat('a', 128)], ARRAY[repeat('a', 129), E'a\nb']),
  ('address_2', ARRAY[repeat('a', 128)], ARRAY[repeat('a', 129), E'a\nb']),
  ('phone',
   ARRAY['+81 (3) 1234-5678.' || repeat('1', 14)], ARRAY['+81 (3) 1234-5678.' || repeat('1', 15), '', '+', '1x']),
  ('title', ARRAY[repeat('t', 64)], ARRAY[repeat('t', 65), '', E'a\nb']),
  ('email', ARRAY['a@' || repeat('d', 252)], ARRAY['a@' || repeat('d', 253), '', 'a'])
) AS fields(col, fits, past);
SELECT is(pg_temp.outcome(statement, value), 'stored',
          format('%s: %s bytes, %s', statement, octet_length(value), translate(left(value, 40), E'\n\t', '  ')))
FROM pg_temp.limits, unnest(fits) AS value;
SELECT is(pg_temp.outcome(statement, value), '23514',
          format('past it: %s: %s bytes, %s', statement, octet_length(value),
                 translate(left(value, 40), E'\n\t', '  ')))
FROM pg_temp.limits, unnest(past) AS value;

-- A user's name is his role's, which has 63 bytes.
SELECT lives_ok(format('SELECT add_user(%L, ''viewer'', '''', tap.verifier(), NULL)', repeat('u', 54) || '@sql.test'),
                'a user of 63 bytes');
SELECT lives_ok(format('SELECT remove_user(%L)', repeat('u', 54) || '@sql.test'), 'who goes again');
SELECT throws_ok(format('SELECT add_user(%L, ''viewer'', '''', tap.verifier(), NULL)', repeat('u', 55) || '@sql.test'),
                 '22023', NULL, 'a user of 64 bytes');
SELECT throws_ok($$ SELECT add_user('a,b@sql.test', 'viewer', '', tap.verifier(), NULL) $$, '23514', NULL,
                 'a user who has no mail address');

SELECT * FROM finish();
