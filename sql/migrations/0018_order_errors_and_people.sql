-- Orders in error (manual 6.1, 8.6.2): those that failed, and those that met an error and are tried again.

ALTER TABLE service ADD COLUMN order_in_error boolean NOT NULL DEFAULT false;   -- of the newest order
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

-- That was no change by anybody: neither a revision nor the audit log tells of it.
UPDATE service s SET order_in_error = true
WHERE (SELECT o.state = 'failed' OR o.ended_at IS NULL AND o.error IS NOT NULL
       FROM ca_order o WHERE o.service_id = s.id ORDER BY o.id DESC LIMIT 1);

-- Orders of a state, newest first.
CREATE INDEX ca_order_by_state ON ca_order (state, id);

-- ---- Revisions: of schedules too, and that a user sets his password is no change of what is configured.

ALTER TABLE schedule ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY UNIQUE;
SELECT keep_revision('schedule', 'due_at', 'after_id', 'ran_at', 'ran_due_at'),
       keep_revision('app_user', 'password_set_at', 'code_expires_at');

CREATE OR REPLACE FUNCTION write_schedule_audit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  kept CONSTANT text[] := ARRAY['id', 'revision'];
BEGIN
  INSERT INTO audit (action, table_name, row_id, before, after)
  VALUES (TG_OP, TG_TABLE_NAME, NEW.task, to_jsonb(OLD) - kept, to_jsonb(NEW) - kept);
  RETURN NULL;
END $$;

-- ---- Users.

-- With p_code_until the verifier is that of a one-time code, with which he can do nothing but set his password.
-- Without a verifier he is there and can't log in, until reset_user gives him a code or a password.
CREATE OR REPLACE FUNCTION add_user(p_name text, p_role text, p_contact text, p_verifier text, p_code_until timestamptz)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  known pg_roles;
  made  bigint;
BEGIN
  PERFORM lock_users();
  PERFORM require_user_name(p_name);
  IF p_verifier IS NOT NULL OR p_code_until IS NOT NULL THEN PERFORM require_verifier(p_verifier); END IF;
  PERFORM require_code_time(p_code_until);
  INSERT INTO app_user (name, role, contact, password_set_at, code_expires_at)
  VALUES (p_name, p_role, p_contact, CASE WHEN p_verifier IS NOT NULL AND p_code_until IS NULL THEN now() END,
          p_code_until) RETURNING id INTO made;
  SELECT * INTO known FROM pg_roles WHERE rolname = p_name;
  IF NOT FOUND THEN
    EXECUTE format('CREATE ROLE %I NOLOGIN', p_name);
  ELSIF known.rolsuper OR known.rolcreaterole OR known.rolcreatedb OR known.rolreplication OR known.rolbypassrls
        -- Roles are the whole server's: another installation's user, say, whom an administrator of this one must
        -- not take over by giving him a password.
        OR known.rolcanlogin AND NOT is_owner() THEN
    RAISE EXCEPTION 'user %: the database server has a role of this name already', p_name USING ERRCODE = '55000';
  END IF;
  IF p_verifier IS NULL THEN RETURN made; END IF;
  EXECUTE format('ALTER ROLE %I LOGIN PASSWORD %L VALID UNTIL %L', p_name, p_verifier,
                 coalesce(p_code_until::text, 'infinity'));
  PERFORM set_membership(p_name, CASE WHEN p_code_until IS NULL THEN p_role ELSE 'newcomer' END);
  RETURN made;
END $$;

-- He keeps his role and groups, loses his password and his sessions, and gets a one-time code; or, without
-- p_code_until, the password that the verifier is of (manual 6.5.3).
CREATE OR REPLACE FUNCTION reset_user(p_name text, p_verifier text, p_code_until timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  before app_user;
  code   CONSTANT boolean := p_code_until IS NOT NULL;
BEGIN
  PERFORM lock_users();
  before := require_user(p_name);
  PERFORM require_verifier(p_verifier);
  PERFORM require_code_time(p_code_until);
  IF p_name = session_user THEN
    RAISE EXCEPTION 'nobody resets himself: use passwd' USING ERRCODE = '55000';
  END IF;
  IF code AND before.role = 'admin' THEN PERFORM require_another_admin(p_name); END IF;
  UPDATE app_user SET password_set_at = CASE WHEN NOT code THEN clock_timestamp() END, code_expires_at = p_code_until
  WHERE id = before.id;
  EXECUTE format('ALTER ROLE %I LOGIN PASSWORD %L VALID UNTIL %L', p_name, p_verifier,
                 coalesce(p_code_until::text, 'infinity'));
  PERFORM set_membership(p_name, CASE WHEN code THEN 'newcomer' ELSE before.role END);
  PERFORM end_sessions(p_name);
END $$;
