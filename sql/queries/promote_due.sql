-- Makes due waiting jobs ready: those without a key or limit at once, and as many as there is room for of each
-- limit and each free key.
-- $1 how many at most.
WITH plain AS (
  UPDATE job SET admitted = true
  WHERE id = ANY (ARRAY(SELECT id FROM job
                        WHERE NOT admitted AND run_at <= now() AND concurrency_key IS NULL
                          AND limit_key IS NULL
                        ORDER BY run_at LIMIT $1 FOR UPDATE SKIP LOCKED))
    AND NOT admitted
  RETURNING id, queue, site_id, service_id, priority
)
SELECT * FROM plain
UNION ALL
SELECT * FROM promote(ARRAY(
  SELECT DISTINCT w.concurrency_key FROM job w
  WHERE NOT w.admitted AND w.run_at <= now() AND w.concurrency_key IS NOT NULL AND w.limit_key IS NULL
    AND NOT EXISTS (SELECT 1 FROM job h
                    WHERE h.concurrency_key = w.concurrency_key AND h.admitted)
  LIMIT $1), ARRAY(SELECT key FROM job_limit))
