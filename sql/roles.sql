-- The database roles and what each may do: applied after the migrations, as often as one likes.
-- People are members of certfleet_admin or certfleet_viewer; each kind of daemon has a role of its own.

DO $$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['certfleet_viewer', 'certfleet_admin', 'certfleet_daemon', 'certfleet_worker'] LOOP
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

REVOKE ALL ON ALL TABLES IN SCHEMA certfleet FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA certfleet FROM PUBLIC;
GRANT USAGE ON SCHEMA certfleet TO certfleet_viewer, certfleet_daemon;
GRANT EXECUTE ON FUNCTION promote(text[], text[]), make_ready(bigint), limit_room(text),
  limit_key_of(job_queue, bigint, bigint) TO certfleet_admin, certfleet_worker, certfleet_scheduler;
GRANT EXECUTE ON FUNCTION next_lane(job_queue, smallint, bigint, bigint, bigint, bigint, bigint, bigint),
  first_ready(job_queue, smallint, smallint, bigint, bigint, bigint),
  ready_of_priority(job_queue, smallint, bigint, integer, bigint, bigint, boolean, bigint, bigint, bigint, bigint,
                    bigint, bigint),
  ready_by_turns(job_queue, bigint, integer, integer, boolean, bigint, bigint, boolean, smallint, bigint, bigint,
                 bigint)
  TO certfleet_worker, certfleet_scheduler;
GRANT SELECT, UPDATE (tokens, refilled_at) ON job_limit TO certfleet_admin, certfleet_worker, certfleet_scheduler;

-- People read everything but sealed columns.
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
    EXECUTE format('GRANT SELECT (%s) ON %I TO certfleet_viewer', columns.open, columns.name);
  END LOOP;
END $$;

GRANT INSERT, UPDATE, DELETE ON site, notification_table, notification_recipient, user_group, app_user,
  group_member, mail_settings, ca_account, service, key_spec, access, node, job_limit, organization, applicant,
  ev_approver TO certfleet_admin;
GRANT UPDATE ON company, settings TO certfleet_admin;
GRANT UPDATE (enabled, cron, time_zone, within_days, due_at, after_id) ON schedule TO certfleet_admin;
GRANT INSERT, UPDATE ON ca_order, apply, peer TO certfleet_admin;
GRANT INSERT, DELETE ON csr TO certfleet_admin;
GRANT INSERT ON job, trace, mail TO certfleet_admin;
GRANT UPDATE (cancel, state, limit_key) ON job TO certfleet_admin;
GRANT DELETE ON job_dead TO certfleet_admin;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA certfleet TO certfleet_admin;

-- Every daemon.
GRANT SELECT ON schema_version, settings TO certfleet_daemon;
GRANT INSERT ON trace TO certfleet_daemon;

-- Brokers know whom they admit, and show that they live.
GRANT SELECT ON peer TO certfleet_broker;
GRANT SELECT, INSERT, UPDATE, DELETE ON daemon TO certfleet_broker, certfleet_scheduler;

-- Every worker: the job engine, and the mails that its results call for.
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
GRANT EXECUTE ON FUNCTION ensure_partitions(integer) TO certfleet_scheduler;

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
