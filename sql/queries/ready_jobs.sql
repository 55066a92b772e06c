-- Ready jobs of a queue, by turns: what the leading scheduler offers (again).
-- $1 queue, $2 how many, $3, $4 site and service after whose lane to begin.
SELECT job.id, queue, site_id, service_id, priority
FROM unnest(ready_by_turns($1::job_queue, NULL, $2, 0, true, $3, $4, false)) WITH ORDINALITY AS turn(id, number)
JOIN job ON job.id = turn.id AND job.state = 'ready'
ORDER BY turn.number
