-- Tables of the engine with more dead rows than vacuum should ever leave, and vacuum switched off.
SELECT relname::text AS subject, n_dead_tup AS found,
       extract(epoch FROM now() - greatest(last_autovacuum, last_vacuum))::double precision AS seconds
FROM pg_stat_all_tables
WHERE schemaname = 'certfleet' AND relname IN ('job', 'session', 'job_limit')
  AND n_dead_tup > 200000 + n_live_tup / 2
UNION ALL
SELECT 'autovacuum', 1, NULL WHERE current_setting('autovacuum') = 'off'
