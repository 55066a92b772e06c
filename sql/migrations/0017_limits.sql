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
