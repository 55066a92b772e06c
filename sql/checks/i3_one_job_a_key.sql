-- I3: at most one job runs for one concurrency key. guard: the index that sees to it is missing or broken.
SELECT 'key' AS subject, count(*) AS found, NULL::double precision AS seconds
FROM (SELECT 1 FROM job WHERE concurrency_key IS NOT NULL AND admitted
      GROUP BY concurrency_key HAVING count(*) > 1) held_twice
UNION ALL
SELECT 'guard', 1, NULL
WHERE NOT EXISTS (SELECT 1 FROM pg_index WHERE indexrelid = to_regclass('certfleet.job_key_holder')
                  AND indisunique AND indisvalid)
