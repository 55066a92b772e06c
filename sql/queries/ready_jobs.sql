-- Ready jobs in the order of their ids, from one on: what the leading scheduler offers (again).
-- $1 id after which to begin, $2 how many.
SELECT id, queue, site_id, service_id, priority FROM job
WHERE state = 'ready' AND id > $1 ORDER BY id LIMIT $2
