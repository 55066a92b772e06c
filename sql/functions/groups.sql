-- To which group a row belongs. What hangs on a service carries the service's group, so that a policy looks at the row
-- alone. The key that refers to both columns keeps it so: when a service changes its group all follow, and nobody can
-- write another group beside a service.

CREATE OR REPLACE FUNCTION take_group_of_service() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  -- Without such a service: none. Then a person is refused as he is for a service that he does not see.
  NEW.group_id := (SELECT group_id FROM service WHERE id = NEW.service_id);
  RETURN NEW;
END $$;
DO $$
DECLARE
  child text;
BEGIN
  FOREACH child IN ARRAY ARRAY['key_spec', 'key_pair', 'csr', 'ca_order', 'certificate', 'node', 'mail'] LOOP
    EXECUTE format('CREATE OR REPLACE TRIGGER belongs BEFORE INSERT OR UPDATE OF service_id ON %I
                    FOR EACH ROW EXECUTE FUNCTION take_group_of_service()', child);
  END LOOP;
END $$;
-- Traces are many: who stores them looks for the group in the same statement (sql/queries/add_traces.sql).
CREATE OR REPLACE TRIGGER belongs BEFORE INSERT ON trace
  FOR EACH ROW WHEN (NEW.service_id IS NOT NULL AND NEW.group_id IS NULL) EXECUTE FUNCTION take_group_of_service();

CREATE OR REPLACE FUNCTION take_group_of_node() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  NEW.group_id := (SELECT group_id FROM node WHERE id = NEW.node_id);
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER belongs BEFORE INSERT OR UPDATE OF node_id ON apply
  FOR EACH ROW EXECUTE FUNCTION take_group_of_node();

-- Traces have no keys to what they are about, and outlive it: the group goes on seeing them.
CREATE OR REPLACE FUNCTION give_traces_to_group() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  UPDATE trace SET group_id = NEW.group_id WHERE service_id = NEW.id;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER traces_follow AFTER UPDATE OF group_id ON service
  FOR EACH ROW WHEN (OLD.group_id <> NEW.group_id) EXECUTE FUNCTION give_traces_to_group();
