-- Orders in error (manual 6.1, 8.6.2): those that failed, and those that met an error and are tried again.

ALTER TABLE service ADD COLUMN order_in_error boolean NOT NULL DEFAULT false;   -- of the newest order
UPDATE service s SET order_in_error = true
WHERE (SELECT o.state = 'failed' OR o.ended_at IS NULL AND o.error IS NOT NULL
       FROM ca_order o WHERE o.service_id = s.id ORDER BY o.id DESC LIMIT 1);
-- Counted by the dashboard, and few among many.
CREATE INDEX service_order_in_error ON service (id) INCLUDE (group_id, enabled) WHERE order_in_error;
SELECT keep_revision('service', 'not_after', 'order_state', 'order_in_error');

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

-- As before, with what is kept for lists.
CREATE OR REPLACE FUNCTION write_audit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  -- What is computed for lists follows from the rest, and is no part of what is told.
  computed CONSTANT text[] := ARRAY['expires', 'order_key', 'searched', 'order_in_error'];
  kept     CONSTANT text[] := ARRAY['revision', 'not_after', 'order_state']
                              || CASE WHEN TG_TABLE_NAME <> 'service' THEN ARRAY['group_id'] ELSE '{}' END;
  old_row jsonb;
  new_row jsonb;
  was     record;
  becomes record;
BEGIN
  -- Daemons change state, persons change configuration; only the latter is audited.
  IF pg_has_role(session_user, 'certfleet_daemon', 'MEMBER')
     AND NOT pg_has_role(session_user, 'certfleet_admin', 'MEMBER') THEN
    RETURN NULL;
  END IF;
  IF TG_OP <> 'INSERT' THEN old_row := to_jsonb(OLD) - computed; END IF;
  IF TG_OP <> 'DELETE' THEN new_row := to_jsonb(NEW) - computed; END IF;
  -- What only triggers and keys did to a row is told by the row that set them off: a service that went to another
  -- group, and not its nodes that followed.
  IF TG_OP = 'UPDATE' AND new_row - kept = old_row - kept THEN RETURN NULL; END IF;
  old_row := without_secrets(old_row) - 'revision';
  new_row := without_secrets(new_row) - 'revision';
  becomes := audit_subject(TG_TABLE_NAME, coalesce(new_row, old_row));
  was := CASE TG_OP WHEN 'UPDATE' THEN audit_subject(TG_TABLE_NAME, old_row) ELSE becomes END;
  INSERT INTO audit (action, table_name, row_id, name, groups, before, after)
  VALUES (TG_OP, TG_TABLE_NAME,
          coalesce(new_row ->> 'id', old_row ->> 'id', new_row ->> 'service_id', old_row ->> 'service_id'),
          coalesce(becomes.subject, was.subject),
          CASE WHEN becomes.bound
               THEN array_remove(ARRAY[becomes.in_group, nullif(was.in_group, becomes.in_group)], NULL) END,
          old_row, new_row);
  RETURN NULL;
END $$;

-- Orders of a state, newest first.
CREATE INDEX ca_order_by_state ON ca_order (state, id);
