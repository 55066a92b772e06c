-- What each row and each statement of a person costs, and how names are found among a million.

-- ---- Who asks. A body in SQL is planned anew by every statement that calls it, which costs more than all else of a
-- short one; a session keeps the plans of PL/pgSQL.

CREATE OR REPLACE FUNCTION is_person() RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT 1 FROM app_user WHERE name = session_user AND password_set_at IS NOT NULL);
END $$;

CREATE OR REPLACE FUNCTION is_admin() RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT 1 FROM app_user
                 WHERE name = session_user AND role = 'admin' AND password_set_at IS NOT NULL);
END $$;

CREATE OR REPLACE FUNCTION my_groups() RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  RETURN (SELECT coalesce(array_agg(m.group_id), '{}')
          FROM app_user u JOIN group_member m ON m.user_id = u.id
          WHERE u.name = session_user AND u.password_set_at IS NOT NULL);
END $$;

CREATE OR REPLACE FUNCTION by_own_hand() RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN (SELECT current_user <> pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'certfleet');
END $$;

-- ---- What a changed row costs.

CREATE OR REPLACE FUNCTION without_secrets(p_row jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- Few tables have such a column: no key ends so unless the text has this.
  IF p_row::text NOT LIKE '%\_sealed"%' THEN RETURN p_row; END IF;
  RETURN (SELECT jsonb_object_agg(key, CASE WHEN key LIKE '%\_sealed' AND value <> 'null'::jsonb
                                            THEN '"(sealed)"'::jsonb ELSE value END)
          FROM jsonb_each(p_row));
END $$;

CREATE OR REPLACE FUNCTION raise_revision_of_owner() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  owner bigint := coalesce(to_jsonb(NEW), to_jsonb(OLD)) ->> TG_ARGV[1];
BEGIN
  IF TG_OP = 'UPDATE' AND NEW IS NOT DISTINCT FROM OLD THEN RETURN NULL; END IF;
  IF TG_ARGV[0] = 'service' THEN   -- of the many: its plan is kept
    UPDATE service SET revision = revision + 1 WHERE id = owner;
  ELSE
    EXECUTE format('UPDATE %I SET revision = revision + 1 WHERE id = $1', TG_ARGV[0]) USING owner;
  END IF;
  RETURN NULL;
END $$;

-- As before, but a change that is not told costs no look at what it would have told.
CREATE OR REPLACE FUNCTION write_audit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  -- What is computed for lists follows from the rest, and is no part of what is told.
  computed CONSTANT text[] := ARRAY['expires', 'order_key', 'searched'];
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

-- ---- What lists look for. Row-level security lets an index find rows only by columns as they are and by operators that
-- tell nothing of hidden rows: no coalesce(), no LIKE. So what lists sort and select by stands in columns. A part of a
-- name is looked for in an index that has it beside the group: it is read from end to end, but of the asking person's
-- groups only, and without the rows. (Trigrams would be faster, but neither an index on them nor a function that reads
-- it as the owner would keep how long it takes from telling of rows of other groups.)

ALTER TABLE service
  ADD COLUMN expires   timestamptz NOT NULL GENERATED ALWAYS AS (coalesce(not_after, 'infinity')) STORED,
  ADD COLUMN order_key text NOT NULL GENERATED ALWAYS AS (coalesce(order_state, '')) STORED,
  ADD COLUMN searched  text NOT NULL GENERATED ALWAYS AS (lower(name) || E'\n' || lower(common_name)) STORED;
ALTER TABLE node ADD COLUMN searched text NOT NULL GENERATED ALWAYS AS (lower(name)) STORED;

DROP INDEX service_by_expiry, service_by_order_state;
CREATE INDEX service_by_expiry ON service (expires, id) INCLUDE (group_id, enabled);   -- counted by the dashboard
CREATE INDEX service_by_order_state ON service (order_key, id);
CREATE INDEX service_by_part ON service (group_id, searched) INCLUDE (id);
CREATE INDEX node_by_part ON node (group_id, searched) INCLUDE (id);
-- Of every state: lists sort by it.
DROP INDEX node_by_apply_status;
CREATE INDEX node_by_apply_status ON node (apply_status, id);
-- Few among many, which a walk by name would look for through all.
CREATE INDEX node_by_kind ON node (kind, name);
CREATE INDEX node_disabled ON node (name) WHERE NOT enabled;
CREATE INDEX service_disabled ON service (name) WHERE NOT enabled;
