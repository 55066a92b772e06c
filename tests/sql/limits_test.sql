-- as: admin.in@sql.test
-- The rules and limits that the database keeps itself, asked by an administrator with psql: what the command refuses,
-- the database refuses, too.
SET search_path TO certfleet, tap, pg_temp;
SELECT tap.no_plan();

-- ---- Rules: a CA account's key goes to no other address (manual 8.1.3).
INSERT INTO ca_account (name, kind, api_url, api_key_sealed) VALUES ('dc', 'digicert', 'https://dc.example.com/v2', '\x01');
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
SELECT throws_ok($$ INSERT INTO ca_account (name, kind, api_url) VALUES ('dc3', 'digicert', 'https://dc.example.com') $$,
                 '23514', NULL, 'and has one from the beginning');
UPDATE ca_account SET account_url = 'https://ca.example.com/acct/1' WHERE name = 'ca';
UPDATE ca_account SET directory_url = 'https://other.example.com' WHERE name = 'ca';
SELECT is((SELECT account_url FROM ca_account WHERE name = 'ca'), NULL, 'another directory has another account');

SELECT throws_ok($$ UPDATE access SET exec_secret_sealed = '\x01' WHERE id = 1 $$, '23514', NULL,
                 'a password for sudo needs its execution id');

SELECT * FROM finish();
