-- What the command refuses the database refuses, too, whoever writes: the rules of manual 8.1.3 and 9.1.4, and the
-- limits of lib/domain. A rule that an earlier command did not know is not held against rows that are there.

-- ---- A CA account's keys are for the address that they were given for, or made at (manual 8.1.3): whoever may set
-- an address must not learn a key by it.
CREATE FUNCTION keep_keys_at_their_address() RETURNS trigger
LANGUAGE plpgsql SET search_path = certfleet, pg_temp AS $$
BEGIN
  IF NEW.api_url IS DISTINCT FROM OLD.api_url AND OLD.api_key_sealed IS NOT NULL
     AND NEW.api_key_sealed IS NOT DISTINCT FROM OLD.api_key_sealed THEN
    RAISE EXCEPTION 'CA account %: another API URL needs its API key again', OLD.name USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.directory_url IS DISTINCT FROM OLD.directory_url THEN
    NEW.account_key_sealed := NULL;   -- another directory has another account
    NEW.account_url := NULL;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER keys_stay_at_their_address BEFORE UPDATE OF api_url, directory_url ON ca_account
  FOR EACH ROW EXECUTE FUNCTION keep_keys_at_their_address();

ALTER TABLE ca_account
  ADD CONSTRAINT ca_account_has_api_key CHECK (kind <> 'digicert' OR api_key_sealed IS NOT NULL) NOT VALID;

-- ---- What was seen of a node belongs to the service and to the way by which it was seen (manual 9.1.4): no list has
-- the serial number of a node that is not verified.
CREATE FUNCTION forget_what_was_served() RETURNS trigger
LANGUAGE plpgsql SET search_path = certfleet, pg_temp AS $$
BEGIN
  NEW.served_serial := NULL;
  NEW.served_sha256 := NULL;
  NEW.served_state := NULL;
  NEW.served_at := NULL;
  RETURN NEW;
END $$;
CREATE TRIGGER forgets_what_was_served
  BEFORE UPDATE OF service_id, verify_mode, verify_host, verify_port, verify_name ON node FOR EACH ROW
  WHEN ((OLD.service_id, OLD.verify_mode, OLD.verify_host, OLD.verify_port, OLD.verify_name)
        IS DISTINCT FROM (NEW.service_id, NEW.verify_mode, NEW.verify_host, NEW.verify_port, NEW.verify_name))
  EXECUTE FUNCTION forget_what_was_served();
UPDATE node SET served_serial = NULL, served_sha256 = NULL, served_state = NULL, served_at = NULL
  WHERE verify_mode = 'none' AND num_nonnulls(served_serial, served_sha256, served_state, served_at) > 0;

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

-- Two that earlier commands let pass. A condition of the table would be asked of such a row again whenever a daemon
-- notes something in it; these ask who writes the column.
CREATE FUNCTION refuse_longer() RETURNS trigger
LANGUAGE plpgsql SET search_path = certfleet, pg_temp AS $$
BEGIN
  RAISE EXCEPTION '% of % %: % bytes at most', TG_ARGV[0], TG_TABLE_NAME, NEW.name, TG_ARGV[1]
    USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER exec_id_limit BEFORE INSERT OR UPDATE OF exec_id ON access
  FOR EACH ROW WHEN (octet_length(NEW.exec_id) > 256) EXECUTE FUNCTION refuse_longer('exec_id', '256');
CREATE TRIGGER import_name_limit BEFORE INSERT OR UPDATE OF import_name ON node
  FOR EACH ROW WHEN (octet_length(NEW.import_name) > 103) EXECUTE FUNCTION refuse_longer('import_name', '103');
