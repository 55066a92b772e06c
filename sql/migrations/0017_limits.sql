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
