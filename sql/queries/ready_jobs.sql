-- Ready jobs of a queue, by turns: what the leading scheduler offers (again).
-- $1 queue, $2 how many, $3, $4 site and service after whose lane to begin, $5 whether to look behind the front, too.
SELECT job.id, job.queue, job.site_id, job.service_id, job.priority
FROM unnest(ready_by_turns($1::job_queue, NULL, $2, 0, true, $3, $4, false, $5)) WITH ORDINALITY AS turn(place, number),
  LATERAL (SELECT * FROM job WHERE job.ctid = turn.place AND job.state = 'ready' LIMIT 1) AS job
ORDER BY turn.number
