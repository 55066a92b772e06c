-- The CURVE keys that brokers admit. What a peer may say follows from its row.
CREATE TABLE peer (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name        text NOT NULL UNIQUE CHECK (name <> ''),
  role        text NOT NULL CHECK (role IN ('broker', 'scheduler', 'worker')),
  queue       job_queue,
  public_key  text NOT NULL UNIQUE CHECK (length(public_key) = 40),   -- Z85
  enrolled_at timestamptz NOT NULL DEFAULT now(),
  revoked_at  timestamptz,
  CHECK ((role = 'worker') = (queue IS NOT NULL))
);

-- Each change by a person: who, when, what, before and after, no secret.
CREATE TABLE audit (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at         timestamptz NOT NULL DEFAULT clock_timestamp(),
  who        text NOT NULL DEFAULT session_user,
  action     text NOT NULL CHECK (action IN ('INSERT', 'UPDATE', 'DELETE')),
  table_name text NOT NULL,
  row_id     text,
  before     jsonb,
  after      jsonb
);

CREATE FUNCTION without_secrets(p_row jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT jsonb_object_agg(key, CASE WHEN key LIKE '%\_sealed' AND value <> 'null'::jsonb
                                    THEN '"(sealed)"'::jsonb ELSE value END)
  FROM jsonb_each(p_row)
$$;

CREATE FUNCTION write_audit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  -- Daemons change state, persons change configuration; only the latter is audited.
  IF pg_has_role(session_user, 'certfleet_daemon', 'MEMBER')
     AND NOT pg_has_role(session_user, 'certfleet_admin', 'MEMBER') THEN
    RETURN NULL;
  END IF;
  INSERT INTO audit (action, table_name, row_id, before, after)
  VALUES (TG_OP, TG_TABLE_NAME,
          coalesce(to_jsonb(NEW) ->> 'id', to_jsonb(OLD) ->> 'id', to_jsonb(NEW) ->> 'service_id'),
          CASE WHEN TG_OP <> 'INSERT' THEN without_secrets(to_jsonb(OLD)) END,
          CASE WHEN TG_OP <> 'DELETE' THEN without_secrets(to_jsonb(NEW)) END);
  RETURN NULL;
END $$;

DO $$
DECLARE
  audited text;
BEGIN
  FOREACH audited IN ARRAY ARRAY['company', 'site', 'notification_table', 'notification_recipient',
    'user_group', 'app_user', 'group_member', 'settings', 'mail_settings', 'sealing_key', 'ca_account',
    'service', 'key_spec', 'access', 'node', 'ca_order', 'apply', 'peer'] LOOP
    EXECUTE format('CREATE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON %I
                    FOR EACH ROW EXECUTE FUNCTION write_audit()', audited);
  END LOOP;
END $$;
