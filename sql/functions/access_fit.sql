-- An access fits the nodes that use it (manual 9.1.6; require_access_for in lib/domain/node.h), whichever of the
-- two changes, and whoever changes it. It is asked at the end of the transaction, so that both may change together.
-- Two transactions that change one each don't pass each other: who changes an access has its row, who changes a node
-- asks for it and waits, and sees what the other one has left. Pairs that are there already are not held against
-- anybody who does not touch them.
CREATE OR REPLACE FUNCTION keep_access_fit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  used  bigint := NEW.id;
  kinds text[];
  one   record;
  kind  text;
BEGIN
  IF TG_TABLE_NAME = 'node' THEN   -- as it is by now: it may have changed again
    SELECT n.access_id, ARRAY[n.kind] INTO used, kinds FROM node n WHERE n.id = NEW.id;
  END IF;
  SELECT name, login_id, host_key, login_secret_set INTO one FROM access WHERE id = used FOR SHARE;
  IF NOT FOUND THEN RETURN NULL; END IF;
  IF TG_TABLE_NAME = 'access' THEN
    -- In another isolation it would not see the nodes that others have given it meanwhile.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
      RAISE EXCEPTION 'access %: how to log in changes in transactions that are READ COMMITTED only', one.name
        USING ERRCODE = 'feature_not_supported';
    END IF;
    kinds := ARRAY(SELECT DISTINCT n.kind FROM node n WHERE n.access_id = used);
  END IF;
  FOREACH kind IN ARRAY kinds LOOP   -- the words are read by lib/store/failures.cpp
    IF kind <> 'apache' AND NOT one.login_secret_set THEN
      RAISE EXCEPTION 'access % has no password, which nodes of kind % need', one.name, kind
        USING ERRCODE = 'check_violation';
    ELSIF kind = 'apache' AND one.host_key IS NULL THEN
      RAISE EXCEPTION 'access % has no host key, which nodes of kind % need', one.name, kind
        USING ERRCODE = 'check_violation';
    ELSIF kind = 'apache' AND one.login_id !~ '^(?!-)[A-Za-z0-9._@-]+$' THEN
      RAISE EXCEPTION 'access % has the login id "%", which nodes of kind % can''t use', one.name, one.login_id, kind
        USING ERRCODE = 'check_violation';
    END IF;
  END LOOP;
  RETURN NULL;
END $$;
-- A constraint trigger can't be replaced.
DROP TRIGGER IF EXISTS new_node_fits_access ON node;
DROP TRIGGER IF EXISTS node_fits_access ON node;
DROP TRIGGER IF EXISTS access_fits_nodes ON access;
CREATE CONSTRAINT TRIGGER new_node_fits_access AFTER INSERT ON node DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION keep_access_fit();
CREATE CONSTRAINT TRIGGER node_fits_access AFTER UPDATE OF access_id, kind ON node DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN ((OLD.access_id, OLD.kind) IS DISTINCT FROM (NEW.access_id, NEW.kind))
  EXECUTE FUNCTION keep_access_fit();
CREATE CONSTRAINT TRIGGER access_fits_nodes AFTER UPDATE ON access DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN ((OLD.login_id, OLD.host_key, OLD.login_secret_set)
                     IS DISTINCT FROM (NEW.login_id, NEW.host_key, NEW.login_secret_set))
  EXECUTE FUNCTION keep_access_fit();
