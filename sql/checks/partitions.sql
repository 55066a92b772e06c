-- Partitions that are missing for this month or the next, and the ones that took rows because of it.
SELECT parent || to_char(month, '_YYYY_MM') AS subject, 1::bigint AS found, NULL::double precision AS seconds
FROM unnest(ARRAY['job_history', 'trace']) AS parent,
     generate_series(0, 1) AS ahead,
     LATERAL (SELECT date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => ahead)) AS t(month)
WHERE to_regclass(format('certfleet.%I', parent || to_char(month, '_YYYY_MM'))) IS NULL
UNION ALL
SELECT 'job_history_default', 1, NULL WHERE EXISTS (SELECT 1 FROM job_history_default)
UNION ALL
SELECT 'trace_default', 1, NULL WHERE EXISTS (SELECT 1 FROM trace_default)
