-- Jobs that have been due for more than 15 s, still wait, and wait for nothing: no key, or a free one, and no limit.
-- Of those that have been due longest.
SELECT w.queue::text AS subject, count(*) AS found, extract(epoch FROM now() - min(w.run_at))::double precision AS seconds
FROM (SELECT queue, run_at, concurrency_key, limit_key FROM job
      WHERE NOT admitted AND run_at < now() - interval '15 seconds' ORDER BY run_at LIMIT 10000) w
WHERE w.limit_key IS NULL
  AND (w.concurrency_key IS NULL
       OR NOT EXISTS (SELECT 1 FROM job h WHERE h.concurrency_key = w.concurrency_key
                      AND h.admitted))
GROUP BY w.queue ORDER BY w.queue
