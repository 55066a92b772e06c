-- leading: schedulers that hold the leader's lock, 0 or 1. connected: all.
SELECT 'leading' AS subject, count(*) AS found, NULL::double precision AS seconds
FROM pg_locks
WHERE locktype = 'advisory' AND granted AND classid = 0 AND objid = x'6c656164'::int::oid AND objsubid = 1
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
UNION ALL
SELECT 'connected', count(DISTINCT split_part(application_name, ' ', 2)), NULL FROM pg_stat_activity
WHERE datname = current_database() AND application_name ~ '^certfleet-scheduler [0-9]+'
