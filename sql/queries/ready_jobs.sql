-- The most urgent ready jobs of a queue: what the leading scheduler offers (again).
-- $1 queue, $2 how many.
SELECT id, queue, site_id, service_id, priority FROM job
WHERE queue = $1::job_queue AND state = 'ready' ORDER BY priority, id LIMIT $2
