-- The database roles and what each may do: applied after the functions, as often as one likes. This file is the
-- whole truth: what it does not grant, nobody has (docs/security.md).
-- People are members of certfleet_admin or certfleet_viewer; each kind of daemon has a role of its own.

DO $$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['certfleet_viewer', 'certfleet_admin', 'certfleet_newcomer', 'certfleet_daemon',
                                'certfleet_worker'] LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
  END LOOP;
  FOREACH wanted IN ARRAY ARRAY['certfleet_scheduler', 'certfleet_broker', 'certfleet_csr', 'certfleet_order',
                                'certfleet_apply', 'certfleet_verify', 'certfleet_mail'] LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I LOGIN', wanted);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
    END;
  END LOOP;
END $$;

GRANT certfleet_viewer TO certfleet_admin;
GRANT certfleet_daemon TO certfleet_worker, certfleet_scheduler, certfleet_broker;
GRANT certfleet_worker TO certfleet_csr, certfleet_order, certfleet_apply, certfleet_verify, certfleet_mail;

REVOKE ALL ON ALL TABLES IN SCHEMA certfleet FROM PUBLIC, certfleet_viewer, certfleet_admin, certfleet_newcomer,
  certfleet_daemon, certfleet_worker, certfleet_scheduler, certfleet_broker, certfleet_csr, certfleet_order,
  certfleet_apply, certfleet_verify, certfleet_mail;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA certfleet FROM PUBLIC, certfleet_viewer, certfleet_admin, certfleet_newcomer,
  certfleet_daemon, certfleet_worker, certfleet_scheduler;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA certfleet FROM PUBLIC, certfleet_viewer, certfleet_admin, certfleet_newcomer,
  certfleet_daemon, certfleet_worker, certfleet_scheduler, certfleet_broker;
DO $$
BEGIN
  IF to_regnamespace('public') IS NOT NULL THEN REVOKE CREATE ON SCHEMA public FROM PUBLIC; END IF;
END $$;
GRANT USAGE ON SCHEMA certfleet TO certfleet_viewer, certfleet_newcomer, certfleet_daemon;

-- ---- Row-level security: every table has it, by its shape, so that a new one is closed before anybody thinks of it.
-- Daemons see all. A person sees what belongs to no group, and of services and what hangs on them his groups'; an
-- administrator changes what he sees. Tables of the groups and users themselves belong to no group.
DO $$
DECLARE
  one       record;
  mine      text;  -- rows that the person's groups have
  seen      text;
  changed   text;
  policy    record;
BEGIN
  FOR one IN
    SELECT c.oid, c.relname AS name, array_agg(a.attname::text) AS columns
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = 'certfleet'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    GROUP BY c.oid, c.relname
  LOOP
    mine := CASE
      WHEN one.name IN ('user_group', 'group_member', 'app_user') THEN NULL
      WHEN 'group_id' = ANY (one.columns) THEN 'group_id = ANY ((SELECT my_groups())::bigint[])'
      WHEN 'service_id' = ANY (one.columns) THEN
        format('EXISTS (SELECT 1 FROM service s WHERE s.id = %I.service_id)', one.name)
      WHEN 'node_id' = ANY (one.columns) THEN format('EXISTS (SELECT 1 FROM node n WHERE n.id = %I.node_id)', one.name)
      WHEN 'order_id' = ANY (one.columns) THEN
        format('EXISTS (SELECT 1 FROM ca_order o WHERE o.id = %I.order_id)', one.name)
      END;
    -- Jobs and traces may be about no service: mails of test, starts of daemons.
    IF one.name IN ('job', 'job_dead', 'job_history', 'trace') THEN
      mine := format('service_id IS NULL AND (SELECT is_person()) OR %s', mine);
    END IF;
    seen := coalesce(mine, '(SELECT is_person())');
    changed := CASE WHEN mine IS NULL THEN '(SELECT is_admin())' ELSE format('(SELECT is_admin()) AND (%s)', mine) END;
    IF one.name = 'schema_version' THEN
      seen := 'true';
      changed := 'false';
    ELSIF one.name = 'audit' THEN
      seen := '(SELECT is_admin()) AND (groups IS NULL OR groups && (SELECT my_groups())::bigint[])';
      changed := 'false';
    END IF;
    FOR policy IN SELECT polname FROM pg_policy WHERE polrelid = one.oid LOOP
      EXECUTE format('DROP POLICY %I ON %I', policy.polname, one.name);
    END LOOP;
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', one.name);
    EXECUTE format('CREATE POLICY daemons ON %I TO certfleet_daemon USING (true) WITH CHECK (true)', one.name);
    EXECUTE format('CREATE POLICY seen ON %I FOR SELECT TO certfleet_viewer USING (%s)', one.name, seen);
    EXECUTE format('CREATE POLICY added ON %I FOR INSERT TO certfleet_admin WITH CHECK (%s)', one.name,
                   changed || CASE one.name WHEN 'job' THEN ' AND job_of_person(job)' ELSE '' END);
    EXECUTE format('CREATE POLICY changed ON %I FOR UPDATE TO certfleet_admin USING (%s) WITH CHECK (%s)', one.name,
                   changed, changed);
    EXECUTE format('CREATE POLICY removed ON %I FOR DELETE TO certfleet_admin USING (%s)', one.name, changed);
  END LOOP;

  -- The planner's estimates, which EXPLAIN shows, are made from samples of all rows: of texts that belong to a group
  -- no samples are kept. (Columns whose few values are the same for all keep theirs.)
  FOR one IN
    SELECT c.relname AS name, a.attname AS column_name
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = 'certfleet'::regnamespace AND c.relkind IN ('r', 'p') AND a.attstattarget <> 0
      AND (c.relname IN ('service', 'job_dead', 'job_history') OR c.relname ~ '^job_history_'
           OR c.relname NOT IN ('user_group', 'group_member', 'job') AND c.relname !~ '^trace'
              AND EXISTS (SELECT 1 FROM pg_attribute g WHERE g.attrelid = c.oid
                          AND g.attname IN ('group_id', 'service_id', 'node_id', 'order_id')))
      AND a.atttypid IN ('text'::regtype, 'bytea'::regtype, 'jsonb'::regtype)
      AND a.attname NOT IN ('state', 'kind', 'algorithm', 'apply_status', 'served_state', 'verify_mode', 'event',
                            'order_state', 'order_key', 'csr_source', 'concurrency_key', 'dedupe_key', 'limit_key')
  LOOP
    EXECUTE format('ALTER TABLE %I ALTER COLUMN %I SET STATISTICS 0', one.name, one.column_name);
  END LOOP;

  -- Partitions are reached through their parents only: without a policy and without a grant.
  FOR one IN SELECT c.relname AS name FROM pg_class c
             WHERE c.relnamespace = 'certfleet'::regnamespace AND c.relispartition AND c.relkind IN ('r', 'p')
               AND NOT c.relrowsecurity LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', one.name);
  END LOOP;
END $$;

-- ---- People.

-- They read everything that the policies show them, but sealed columns; the audit log is for administrators.
DO $$
DECLARE
  columns record;
BEGIN
  FOR columns IN
    SELECT c.relname AS name, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) AS open
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = 'certfleet'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND a.attname NOT LIKE '%\_sealed'
    GROUP BY c.relname
  LOOP
    EXECUTE format('GRANT SELECT (%s) ON %I TO %I', columns.open, columns.name,
                   CASE columns.name WHEN 'audit' THEN 'certfleet_admin' ELSE 'certfleet_viewer' END);
  END LOOP;
  -- They configure nodes and services; what is served there, and what the database keeps with them, is not theirs to say.
  FOR columns IN
    SELECT c.relname AS name, string_agg(quote_ident(a.attname), ', ') AS open
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.oid IN ('node'::regclass, 'service'::regclass) AND a.attgenerated = ''
      AND a.attname NOT IN ('id', 'revision', 'apply_status', 'not_after', 'order_state', 'order_in_error')
      AND a.attname NOT LIKE 'served\_%' AND (c.oid, a.attname) <> ('node'::regclass, 'group_id')
    GROUP BY c.relname
  LOOP
    EXECUTE format('GRANT INSERT (%s), UPDATE (%s) ON %I TO certfleet_admin', columns.open, columns.open, columns.name);
  END LOOP;
  GRANT UPDATE (apply_status) ON node TO certfleet_admin;
END $$;

GRANT INSERT, UPDATE, DELETE ON site, notification_table, notification_recipient, user_group, group_member,
  mail_settings, ca_account, key_spec, access, organization, applicant, ev_approver TO certfleet_admin;
GRANT DELETE ON node, service TO certfleet_admin;
GRANT UPDATE ON company, settings TO certfleet_admin;
GRANT UPDATE (enabled, cron, time_zone, within_days, due_at, after_id) ON schedule TO certfleet_admin;
GRANT INSERT, UPDATE ON peer TO certfleet_admin;
GRANT INSERT (service_id, ca_account_id, state, scheduled_at, csr_id),
      UPDATE (ca_account_id, state, scheduled_at, csr_id, cancel, error, ended_at) ON ca_order TO certfleet_admin;
GRANT INSERT (node_id, certificate_id, state, scheduled_at),
      UPDATE (certificate_id, state, scheduled_at, error, ended_at) ON apply TO certfleet_admin;
GRANT INSERT (service_id, key_pair_id, pem), DELETE ON csr TO certfleet_admin;
-- The rest is for functions; who edits also locks the row, which takes a right to write it.
GRANT UPDATE (contact) ON app_user TO certfleet_admin;
GRANT INSERT (message_id, event, event_key, notification_id, service_id, node_id, request_no, error, not_after)
  ON mail TO certfleet_admin;
GRANT INSERT (queue, admitted, kind, subject_id, service_id, node_id, site_id, priority, run_at, time_limit,
              attempts_max, request_no, concurrency_key, dedupe_key, limit_key) ON job TO certfleet_admin;
GRANT USAGE ON SEQUENCE request_no TO certfleet_admin;

GRANT EXECUTE ON FUNCTION is_person(), is_admin(), my_groups(), by_own_hand(), state(job),
  ids_with_part(text, text, integer) TO certfleet_viewer;
-- Whoever writes a service or node also writes the index on it.
GRANT EXECUTE ON FUNCTION grams(bigint, text) TO certfleet_admin, certfleet_scheduler, certfleet_worker;
GRANT EXECUTE ON FUNCTION promote(text[], text[]), job_of_person(job), limit_key_of(job_queue, bigint, bigint),
  cancel_jobs(bigint[]), retry_jobs(bigint[]), set_job_limit(text, job_queue, integer, integer),
  add_user(text, text, text, text, timestamptz), set_user(text, text, text), reset_user(text, text, timestamptz),
  remove_user(text), failed_logins(timestamptz, integer) TO certfleet_admin;
GRANT EXECUTE ON FUNCTION who_am_i(), change_password(text) TO certfleet_viewer, certfleet_newcomer;

-- ---- The rotation of the sealing key: persons move it on, each worker seals anew what it may open.
GRANT EXECUTE ON FUNCTION sealed_boxes(), offer_sealing_key(bytea), activate_sealing_key(text),
  retire_sealing_key(text) TO certfleet_admin;
GRANT EXECUTE ON FUNCTION sealed_columns() TO certfleet_viewer, certfleet_daemon;
GRANT SELECT ON sealing_key TO certfleet_apply, certfleet_order, certfleet_mail;
GRANT UPDATE (login_secret_sealed, login_key_sealed, exec_secret_sealed) ON access TO certfleet_apply;
GRANT UPDATE (key_sealed) ON key_pair TO certfleet_apply;
GRANT UPDATE (auth_password_sealed) ON mail_settings TO certfleet_mail;

-- ---- Daemons. Every daemon.
GRANT SELECT ON schema_version, settings TO certfleet_daemon;
GRANT INSERT ON trace TO certfleet_daemon;
GRANT EXECUTE ON FUNCTION by_own_hand() TO certfleet_daemon;   -- asked by triggers, which then leave them alone

-- Brokers know whom they admit, and show that they live.
GRANT SELECT ON peer TO certfleet_broker;
GRANT SELECT, INSERT, UPDATE, DELETE ON daemon TO certfleet_broker, certfleet_scheduler;

-- Every worker: the job engine, and the mails that its results call for.
GRANT EXECUTE ON FUNCTION state(job), promote(text[], text[]), limit_key_of(job_queue, bigint, bigint),
  next_lane(job_queue, smallint, bigint, bigint, bigint, bigint, bigint, bigint),
  first_ready(job_queue, smallint, smallint, bigint, bigint, bigint),
  ready_of_priority(job_queue, smallint, bigint, integer, bigint, bigint, boolean, bigint, bigint, bigint, bigint,
                    bigint, bigint),
  ready_by_turns(job_queue, bigint, integer, integer, boolean, bigint, bigint, boolean, boolean)
  TO certfleet_worker, certfleet_scheduler;
GRANT SELECT ON job_limit TO certfleet_worker, certfleet_scheduler;
GRANT SELECT, INSERT, UPDATE, DELETE ON session, job TO certfleet_worker;
GRANT SELECT, INSERT ON job_history, job_dead TO certfleet_worker;
GRANT SELECT ON site, service, key_spec, user_group, notification_table, notification_recipient TO certfleet_worker;
GRANT SELECT, INSERT ON mail TO certfleet_worker;

GRANT SELECT, INSERT, UPDATE, DELETE ON session, job TO certfleet_scheduler;
GRANT SELECT, INSERT ON job_history, job_dead TO certfleet_scheduler;
GRANT SELECT ON site, service, key_spec, node, user_group, notification_table, notification_recipient, mail,
  peer TO certfleet_scheduler;
GRANT SELECT ON certificate, csr TO certfleet_scheduler;
GRANT SELECT, UPDATE ON ca_order, apply, node TO certfleet_scheduler;
GRANT INSERT ON mail TO certfleet_scheduler;
GRANT SELECT ON schedule TO certfleet_scheduler;
GRANT UPDATE (due_at, after_id, ran_at, ran_due_at) ON schedule TO certfleet_scheduler;
GRANT INSERT ON ca_order, apply TO certfleet_scheduler;   -- those that the batch runs start
GRANT EXECUTE ON FUNCTION ensure_partitions(integer), lost_jobs(integer, interval, boolean), forget_sessions()
  TO certfleet_scheduler;

GRANT SELECT ON sealing_key, csr TO certfleet_csr;
GRANT SELECT (id, service_id, algorithm, spki_sha256, created_at), INSERT ON key_pair TO certfleet_csr;
GRANT INSERT ON csr TO certfleet_csr;
GRANT SELECT, UPDATE ON ca_order TO certfleet_csr;

GRANT SELECT ON sealing_key, csr TO certfleet_order;
GRANT SELECT (id, service_id, algorithm, spki_sha256, created_at) ON key_pair TO certfleet_order;
GRANT DELETE ON key_pair TO certfleet_order;
GRANT SELECT ON organization, applicant, ev_approver TO certfleet_order;
GRANT SELECT, UPDATE ON ca_account, ca_order TO certfleet_order;
GRANT SELECT, INSERT, UPDATE, DELETE ON certificate, acme_challenge TO certfleet_order;

GRANT SELECT ON access, certificate, key_pair TO certfleet_apply;
GRANT SELECT, UPDATE ON node, apply TO certfleet_apply;

GRANT SELECT, UPDATE (expiry_told) ON certificate TO certfleet_verify;
GRANT SELECT, UPDATE ON node TO certfleet_verify;

GRANT SELECT ON mail_settings, trace, node TO certfleet_mail;
GRANT UPDATE (sent_at) ON mail TO certfleet_mail;

GRANT USAGE ON ALL SEQUENCES IN SCHEMA certfleet TO certfleet_worker, certfleet_scheduler;
