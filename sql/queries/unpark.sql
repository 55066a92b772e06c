-- Makes jobs due that wait for a worker that knows their kind: here is one.
-- $1 queue, $2 kinds, $3 how many at most.
UPDATE job SET run_at = now()
WHERE id = ANY (ARRAY(SELECT id FROM job
                      WHERE parked AND NOT admitted AND queue = $1::job_queue AND kind = ANY ($2::text[])
                      ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED))
  AND NOT admitted
