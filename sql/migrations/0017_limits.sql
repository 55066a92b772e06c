-- What the command refuses the database refuses, too, whoever writes: the rules of manual 8.1.3 and 9.1.4, and the
-- limits of lib/domain. A rule that an earlier command did not know is not held against rows that are there.

-- ---- An account at CertCentral has its API key (manual 8.1.3).
ALTER TABLE ca_account
  ADD CONSTRAINT ca_account_has_api_key CHECK (kind <> 'digicert' OR api_key_sealed IS NOT NULL) NOT VALID;

-- ---- No list has the serial number of a node that is not verified (manual 9.1.4). That is no change by anybody.
ALTER TABLE node DISABLE TRIGGER USER;
UPDATE node SET served_serial = NULL, served_sha256 = NULL, served_state = NULL, served_at = NULL
  WHERE verify_mode = 'none' AND num_nonnulls(served_serial, served_sha256, served_state, served_at) > 0;
ALTER TABLE node ENABLE TRIGGER USER;

-- ---- A password for sudo is used with its execution id only (manual 9.1.6); imports stored it without.
UPDATE access SET exec_secret_sealed = NULL WHERE exec_id IS NULL AND exec_secret_sealed IS NOT NULL;
ALTER TABLE access ADD CONSTRAINT access_exec CHECK (exec_id IS NOT NULL OR exec_secret_sealed IS NULL);

-- ---- Limits (lib/domain, lib/pki/limits.h) in bytes of UTF-8, as the command counts them. Conditions and not
-- functions: nobody needs leave to call one. Lengths that are checked already are not repeated.
DO $$
DECLARE
  one record;
BEGIN
  FOR one IN
    WITH kinds (kind, rule) AS (VALUES   -- # is the column
      ('text', 'true'),
      ('line', $r$# !~ '[\x01-\x1f\x7f]'$r$),
      ('ascii', $r$# ~ '^[\x20-\x7e]*$'$r$),
      ('name', $r$# !~ '^ | $|[\x01-\x1f\x7f]'$r$),
      ('mail', $r$# ~ '^[\x21-\x7e]+@[A-Za-z0-9.:-]+$' AND # !~ '@.*@|[] ,;<>"()[\\]'$r$),
      ('mail, or none', $r$# = '' OR # ~ '^[\x21-\x7e]+@[A-Za-z0-9.:-]+$' AND # !~ '@.*@|[] ,;<>"()[\\]'$r$),
      ('phone, or none', $r$# = '' OR # ~ '^[-0-9+ ().]*[0-9][-0-9+ ().]*$'$r$),
      ('host', $r$# ~ '^[A-Za-z0-9.:-]+$'$r$),
      ('host:port', $r$substring(# from '[0-9]+$')::numeric BETWEEN 1 AND 65535$r$),
      ('https', $r$# ~ '^https://[\x21-\x7e]+$'$r$),
      ('names', 'cardinality(#) <= 250'),
      ('path', $r$# ~ '^(/(?!\.{1,2}(/|$))[A-Za-z0-9._+@:,=~%-]+)+$'$r$),
      ('program', $r$# ~ '^(?!-)[A-Za-z0-9._+@:,=~%-]+$' OR # ~ '^(/(?!\.{1,2}(/|$))[A-Za-z0-9._+@:,=~%-]+)+$'$r$),
      ('user', $r$# ~ '^(?!-)[A-Za-z0-9._@-]+$'$r$),
      ('fingerprint', $r$# ~ '^SHA256:[A-Za-z0-9+/]{43}$'$r$),
      ('bigip', $r$# ~ '^[A-Za-z0-9._-]+$'$r$),
      ('bigip folder', $r$# ~ '^[A-Za-z0-9._-]{1,255}(/[A-Za-z0-9._-]{1,255})*$'$r$),
      ('iis site', $r$# !~ '[\x01-\x1f\x7f\\/?;:@&=+$,|"<>*]'$r$)
    ), limited (tab, col, kind, bytes) AS (VALUES
      ('company', 'name', 'name', 128),
      ('site', 'name', 'name', 128),
      ('user_group', 'name', 'name', 128),
      ('app_user', 'name', 'mail', 63),
      ('app_user', 'contact', 'text', 65536),
      ('settings', 'proxy', 'host:port', NULL),
      ('schedule', 'cron', 'line', 256),
      ('notification_table', 'name', 'name', 128),
      ('notification_table', 'title', 'line', 512),
      ('notification_table', 'body', 'text', 65536),
      ('notification_recipient', 'address', 'mail', 254),
      ('mail_settings', 'from_address', 'mail', 254),
      ('mail_settings', 'host', 'host', 253),
      ('mail_settings', 'auth_user', 'line', 256),
      ('mail_settings', 'ca_pem', 'text', 262144),
      ('ca_account', 'name', 'name', 128),
      ('ca_account', 'directory_url', 'https', 2048),
      ('ca_account', 'api_url', 'https', 2048),
      ('ca_account', 'contact', 'mail', 254),
      ('ca_account', 'ca_pem', 'text', 262144),
      ('organization', 'name', 'name', 128),
      ('organization', 'note', 'text', 65536),
      ('applicant', 'name', 'name', 128),
      ('applicant', 'person', 'line', NULL),
      ('applicant', 'postal_code', 'ascii', NULL),
      ('applicant', 'address_1', 'line', NULL),
      ('applicant', 'address_2', 'line', NULL),
      ('applicant', 'phone', 'phone, or none', NULL),
      ('applicant', 'title', 'line', NULL),
      ('applicant', 'email', 'mail, or none', NULL),
      ('service', 'name', 'name', 128),
      ('service', 'sans', 'names', NULL),
      ('key_spec', 'state', 'line', NULL),
      ('key_spec', 'locality', 'ascii', NULL),
      ('key_spec', 'organization', 'ascii', NULL),
      ('key_spec', 'unit', 'ascii', NULL),
      ('key_spec', 'email', 'mail, or none', NULL),
      ('access', 'name', 'name', 128),
      ('access', 'address', 'host', 253),
      ('access', 'login_id', 'line', 256),
      ('access', 'exec_id', 'user', NULL),
      ('access', 'host_key', 'fingerprint', NULL),
      ('node', 'name', 'name', 128),
      ('node', 'verify_host', 'host', 253),
      ('node', 'verify_name', 'host', 253),
      ('node', 'cert_file', 'path', 1024),
      ('node', 'key_file', 'path', 1024),
      ('node', 'chain_file', 'path', 1024),
      ('node', 'work_dir', 'path', 1024),
      ('node', 'control', 'program', 1024),
      ('node', 'ssl_profile', 'bigip', 255),
      ('node', 'partition', 'bigip folder', NULL),
      ('node', 'iis_site', 'iis site', 256)
    ), limited_all AS (
      SELECT * FROM limited
      UNION ALL SELECT 'ev_approver', col, kind, bytes FROM limited WHERE tab = 'applicant'
    )
    SELECT tab, string_agg(format('ADD CONSTRAINT %I CHECK (%s(%s))', tab || '_' || col || '_limit',
                                  'octet_length(' || quote_ident(col) || ') <= ' || bytes || ' AND ',
                                  replace(rule, '#', quote_ident(col))), ', ') AS conditions
    FROM limited_all JOIN kinds USING (kind) GROUP BY tab
  LOOP
    -- A large table is read once for all of them.
    EXECUTE format('ALTER TABLE %I %s', one.tab, one.conditions);
  END LOOP;
END $$;
