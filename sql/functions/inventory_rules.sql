-- What the command refuses of nodes, accesses and accounts the database refuses, too, whoever writes, where a condition
-- of the table can't say it.

-- Manual 9.1.5: a service whose key lives on Windows has that one node, since no other could get the key. Two
-- who add nodes to a service at the same time wait for each other at the service's row.
CREATE OR REPLACE FUNCTION keep_windows_key_alone() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  other text;
BEGIN
  PERFORM 1 FROM service WHERE id = NEW.service_id FOR NO KEY UPDATE;
  -- Two looks, each by its index: one condition for both read all nodes of the service for each that was added.
  SELECT name INTO other FROM node WHERE service_id = NEW.service_id AND id <> NEW.id AND windows_key LIMIT 1;
  IF NOT FOUND AND NEW.windows_key THEN
    SELECT name INTO other FROM node WHERE service_id = NEW.service_id AND id <> NEW.id LIMIT 1;
  END IF;
  IF other IS NOT NULL THEN
    RAISE EXCEPTION 'a service whose key was made on Windows has one node, and it has % already', other
      USING ERRCODE = 'exclusion_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER windows_key_alone BEFORE INSERT OR UPDATE OF service_id, windows_key ON node
  FOR EACH ROW EXECUTE FUNCTION keep_windows_key_alone();

-- A CA account's keys are for the address that they were given for, or made at (manual 8.1.3): whoever may set
-- an address must not learn a key by it.
CREATE OR REPLACE FUNCTION keep_keys_at_their_address() RETURNS trigger
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
CREATE OR REPLACE TRIGGER keys_stay_at_their_address BEFORE UPDATE OF api_url, directory_url ON ca_account
  FOR EACH ROW EXECUTE FUNCTION keep_keys_at_their_address();

-- The SMTP password is given to whatever server is set: with another one it is asked for again. (Who may choose where a
-- secret goes may learn it.)
CREATE OR REPLACE FUNCTION keep_password_at_its_server() RETURNS trigger
LANGUAGE plpgsql SET search_path = certfleet, pg_temp AS $$
BEGIN
  IF (NEW.host, NEW.ca_pem) IS DISTINCT FROM (OLD.host, OLD.ca_pem) AND NEW.auth_password_sealed IS NOT NULL
     AND NEW.auth_password_sealed IS NOT DISTINCT FROM OLD.auth_password_sealed THEN
    RAISE EXCEPTION 'another SMTP server or CA certificate needs the SMTP password again'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'mail_settings_password_at_its_server';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER password_stays_at_its_server BEFORE UPDATE OF host, ca_pem ON mail_settings
  FOR EACH ROW EXECUTE FUNCTION keep_password_at_its_server();

-- What was seen of a node belongs to the service and to the way by which it was seen (manual 9.1.4): no list has the
-- serial number of a node that is not verified.
CREATE OR REPLACE FUNCTION forget_what_was_served() RETURNS trigger
LANGUAGE plpgsql SET search_path = certfleet, pg_temp AS $$
BEGIN
  NEW.served_serial := NULL;
  NEW.served_sha256 := NULL;
  NEW.served_state := NULL;
  NEW.served_at := NULL;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER forgets_what_was_served
  BEFORE UPDATE OF service_id, verify_mode, verify_host, verify_port, verify_name ON node FOR EACH ROW
  WHEN ((OLD.service_id, OLD.verify_mode, OLD.verify_host, OLD.verify_port, OLD.verify_name)
        IS DISTINCT FROM (NEW.service_id, NEW.verify_mode, NEW.verify_host, NEW.verify_port, NEW.verify_name))
  EXECUTE FUNCTION forget_what_was_served();

-- Two limits that earlier commands let pass. A condition of the table would be asked of such a row again whenever a
-- daemon notes something in it; these ask who writes the column.
CREATE OR REPLACE FUNCTION refuse_longer() RETURNS trigger
LANGUAGE plpgsql SET search_path = certfleet, pg_temp AS $$
BEGIN
  RAISE EXCEPTION '% of % %: % bytes at most', TG_ARGV[0], TG_TABLE_NAME, NEW.name, TG_ARGV[1]
    USING ERRCODE = 'check_violation';
END $$;
CREATE OR REPLACE TRIGGER exec_id_limit BEFORE INSERT OR UPDATE OF exec_id ON access
  FOR EACH ROW WHEN (octet_length(NEW.exec_id) > 256) EXECUTE FUNCTION refuse_longer('exec_id', '256');
CREATE OR REPLACE TRIGGER import_name_limit BEFORE INSERT OR UPDATE OF import_name ON node
  FOR EACH ROW WHEN (octet_length(NEW.import_name) > 103) EXECUTE FUNCTION refuse_longer('import_name', '103');
