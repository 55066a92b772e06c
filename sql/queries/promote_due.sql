-- Makes due waiting jobs ready: those without a key or limit at once, and as many as there is room for of each
-- limit and each free key.
-- $1 how many at most.
WITH plain AS (
  UPDATE job SET state = 'ready'
  WHERE id = ANY (ARRAY(SELECT id FROM job
                        WHERE state = 'waiting' AND run_at <= now() AND concurrency_key IS NULL
                          AND limit_key IS NULL
                        ORDER BY run_at LIMIT $1 FOR UPDATE SKIP LOCKED))
    AND state = 'waiting'
  RETURNING id, queue, site_id, service_id, priority
)
SELECT * FROM plain
UNION ALL
SELECT * FROM promote(ARRAY(
  SELECT DISTINCT w.concurrency_key FROM job w
  WHERE w.state = 'waiting' AND w.run_at <= now() AND w.concurrency_key IS NOT NULL AND w.limit_key IS NULL
    AND NOT EXISTS (SELECT 1 FROM job h
                    WHERE h.concurrency_key = w.concurrency_key AND h.state IN ('ready', 'running'))
  LIMIT $1), ARRAY(SELECT key FROM job_limit))
