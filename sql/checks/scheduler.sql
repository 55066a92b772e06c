-- leading, connected: schedulers that show that they live, and those of them that lead. lock: who holds the leader's
-- lock, alive or not: the connection of a process that is stopped keeps it.
SELECT 'leading' AS subject, count(*) FILTER (WHERE leads) AS found, NULL::double precision AS seconds
FROM daemon WHERE program = 'scheduler' AND expires_at > now()
UNION ALL
SELECT 'connected', count(*), NULL
FROM daemon WHERE program = 'scheduler' AND expires_at > now()
UNION ALL
SELECT 'lock', count(*), NULL
FROM pg_locks
WHERE locktype = 'advisory' AND granted AND classid = 0 AND objid = x'6c656164'::int::oid AND objsubid = 1
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
