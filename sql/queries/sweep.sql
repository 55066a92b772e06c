-- Takes back the jobs of lapsed sessions and those far past their deadline; buries what crashed too often.
-- $1 how many at most, $2 how many crashes a job may cause, $3 grace past the deadline in seconds.
-- The guards stand on the rows that are changed, not only where they are chosen.
WITH lost AS MATERIALIZED (
  SELECT job.id FROM job
  WHERE state = 'running'
    AND (run_deadline + make_interval(secs => $3) < now()
         OR NOT EXISTS (SELECT 1 FROM session WHERE session.id = job.session_id AND expires_at > now()))
  ORDER BY job.id LIMIT $1 FOR UPDATE SKIP LOCKED
), buried AS (
  DELETE FROM job USING lost
  WHERE job.id = lost.id AND job.state = 'running' AND job.crashes + 1 >= $2
  RETURNING job.*
), dead AS (
  INSERT INTO job_dead (id, queue, state, priority, attempts_failed, attempts_max, deliveries, crashes, request_no,
                        fence, site_id, service_id, node_id, subject_id, kind, created_at, started_at, time_limit,
                        concurrency_key, limit_key, error, error_id)
  SELECT id, queue, 'waiting', priority, attempts_failed, attempts_max, deliveries, (crashes + 1)::smallint,
         request_no, fence + 1, site_id, service_id, node_id, subject_id, kind, created_at, started_at, time_limit,
         concurrency_key, limit_key, 'its worker vanished ' || (crashes + 1) || ' times', 2623
  FROM buried
), back AS (
  UPDATE job SET state = 'ready', fence = fence + 1, crashes = (crashes + 1)::smallint, session_id = NULL,
                 run_deadline = NULL
  FROM lost
  WHERE job.id = lost.id AND job.state = 'running' AND job.crashes + 1 < $2
  RETURNING job.id, job.queue, job.site_id, job.service_id, job.priority, job.kind, job.request_no, job.node_id
)
SELECT id, queue, site_id, service_id, priority, kind, request_no, node_id, false AS dead FROM back
UNION ALL
SELECT id, queue, site_id, service_id, priority, kind, request_no, node_id, true FROM buried
