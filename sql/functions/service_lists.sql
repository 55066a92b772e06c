-- What lists of services are sorted and counted by (manual 7.1): kept in the service's own row, so that a page needs no
-- look at every certificate and order.

CREATE OR REPLACE FUNCTION keep_service_expiry() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  changed bigint := coalesce(NEW.service_id, OLD.service_id);
  newest  timestamptz := (SELECT max(not_after) FROM certificate WHERE service_id = changed);
BEGIN
  UPDATE service SET not_after = newest WHERE id = changed AND not_after IS DISTINCT FROM newest;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER expiry_of_service AFTER INSERT OR DELETE OR UPDATE OF not_after, service_id ON certificate
  FOR EACH ROW EXECUTE FUNCTION keep_service_expiry();

-- In error (manual 6.1, 8.6.2) are orders that failed, and those that met an error and are tried again.
CREATE OR REPLACE FUNCTION keep_service_order_state() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  in_error CONSTANT boolean := NEW.state = 'failed' OR NEW.ended_at IS NULL AND NEW.error IS NOT NULL;
BEGIN
  UPDATE service SET order_state = NEW.state, order_in_error = in_error
  WHERE id = NEW.service_id AND (order_state IS DISTINCT FROM NEW.state OR order_in_error <> in_error)
    AND NOT EXISTS (SELECT 1 FROM ca_order WHERE service_id = NEW.service_id AND id > NEW.id);
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER state_of_service AFTER INSERT OR UPDATE OF state, error, ended_at ON ca_order
  FOR EACH ROW EXECUTE FUNCTION keep_service_order_state();
