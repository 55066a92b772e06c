-- Each change by a person: who, when, what, before and after, no secret.

CREATE OR REPLACE FUNCTION without_secrets(p_row jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  -- Few tables have such a column: no key ends so unless the text has this.
  IF p_row::text NOT LIKE '%\_sealed"%' THEN RETURN p_row; END IF;
  RETURN (SELECT jsonb_object_agg(key, CASE WHEN key LIKE '%\_sealed' AND value <> 'null'::jsonb
                                            THEN '"(sealed)"'::jsonb ELSE value END)
          FROM jsonb_each(p_row));
END $$;

-- What a row is called, and whose groups it concerns (NULL: it belongs to none; then all administrators see it): the
-- services that a row's before and after are of, by what it refers to.
CREATE OR REPLACE FUNCTION audit_subject(p_table text, p_row jsonb, OUT subject text, OUT in_group bigint,
                                         OUT bound boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  subject := p_row ->> 'name';
  bound := p_table = 'service' OR p_row ? 'service_id' OR p_row ? 'node_id' OR p_row ? 'order_id';
  IF p_table NOT IN ('user_group', 'group_member') THEN in_group := (p_row ->> 'group_id')::bigint; END IF;
  IF p_table = 'group_member' THEN
    subject := concat_ws(' ', (SELECT g.name FROM user_group g WHERE g.id = (p_row ->> 'group_id')::bigint),
                         (SELECT u.name FROM app_user u WHERE u.id = (p_row ->> 'user_id')::bigint));
  ELSIF p_table = 'notification_recipient' THEN
    subject := (SELECT t.name FROM notification_table t WHERE t.id = (p_row ->> 'notification_id')::bigint);
  ELSIF p_table = 'job_limit' THEN
    subject := p_row ->> 'key';
  ELSIF subject IS NULL AND p_row ? 'node_id' THEN
    SELECT n.name, coalesce(in_group, n.group_id) INTO subject, in_group
    FROM (SELECT) one LEFT JOIN node n ON n.id = (p_row ->> 'node_id')::bigint;
  END IF;
  IF p_row ? 'service_id' AND (subject IS NULL OR in_group IS NULL) THEN
    SELECT coalesce(subject, s.name), coalesce(in_group, s.group_id) INTO subject, in_group
    FROM (SELECT) one LEFT JOIN service s ON s.id = (p_row ->> 'service_id')::bigint;
  END IF;
END $$;

-- A change that is not told costs no look at what it would have told.
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
DO $$
DECLARE
  audited text;
BEGIN
  FOREACH audited IN ARRAY ARRAY['company', 'site', 'notification_table', 'notification_recipient', 'user_group',
    'app_user', 'group_member', 'settings', 'mail_settings', 'sealing_key', 'ca_account', 'organization', 'applicant',
    'ev_approver', 'service', 'key_spec', 'csr', 'access', 'node', 'ca_order', 'apply', 'peer'] LOOP
    EXECUTE format('CREATE OR REPLACE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON %I
                    FOR EACH ROW EXECUTE FUNCTION write_audit()', audited);
  END LOOP;
END $$;
-- A limit's tokens come and go with the jobs.
CREATE OR REPLACE TRIGGER audited AFTER INSERT OR UPDATE OF parallel, per_minute OR DELETE ON job_limit
  FOR EACH ROW EXECUTE FUNCTION write_audit();

CREATE OR REPLACE FUNCTION write_schedule_audit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  kept CONSTANT text[] := ARRAY['id', 'revision'];
BEGIN
  INSERT INTO audit (action, table_name, row_id, before, after)
  VALUES (TG_OP, TG_TABLE_NAME, NEW.task, to_jsonb(OLD) - kept, to_jsonb(NEW) - kept);
  RETURN NULL;
END $$;
-- Runs are no change by a person.
CREATE OR REPLACE TRIGGER audited AFTER UPDATE OF enabled, cron, time_zone, within_days ON schedule
  FOR EACH ROW EXECUTE FUNCTION write_schedule_audit();
