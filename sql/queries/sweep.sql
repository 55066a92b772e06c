-- Takes back the jobs of lapsed sessions and those far past their deadline; buries what crashed too often.
-- $1 how many at most, $2 how many crashes a job may cause, $3 grace past the deadline in seconds, $4 whether to look
-- at all that is running. Otherwise only the jobs of lapsed sessions are looked for, and if there are none, nothing.
-- The guards stand on the rows that are changed, not only where they are chosen.
-- What crashes again waits a while, each job for a time of its own: a job that takes its workers with it must not meet,
-- time after time, those that were taken along.
WITH lost AS MATERIALIZED (
  SELECT * FROM lost_jobs($1, make_interval(secs => $3), $4)
), buried AS (
  DELETE FROM job USING lost
  WHERE job.id = lost.id AND job.session_id IS NOT NULL AND job.crashes + crashed >= $2
  RETURNING job.id, job.queue, job.priority, job.attempts_failed, job.attempts_max, job.deliveries,
            (job.crashes + crashed)::smallint AS crashes, job.request_no, job.fence, job.site_id, job.service_id,
            job.node_id, job.subject_id, job.kind, job.created_at, job.started_at, job.time_limit,
            job.concurrency_key, job.limit_key, job.error
), dead AS (
  INSERT INTO job_dead (id, queue, priority, attempts_failed, attempts_max, deliveries, crashes, request_no,
                        fence, site_id, service_id, node_id, subject_id, kind, created_at, started_at, time_limit,
                        concurrency_key, limit_key, error, error_id)
  SELECT id, queue, priority, attempts_failed, attempts_max, deliveries, crashes,
         request_no, fence + 1, site_id, service_id, node_id, subject_id, kind, created_at, started_at, time_limit,
         concurrency_key, limit_key, 'its worker vanished ' || crashes || ' times' || coalesce('; before: ' || error, ''),
         2623
  FROM buried
), back AS (
  UPDATE job SET
    admitted = crashes + crashed < 2,
    run_at = CASE WHEN crashes + crashed < 2 THEN run_at
                  ELSE now() + random() * make_interval(secs => power(2, crashes + crashed)) END,
    fence = fence + 1, crashes = (crashes + crashed)::smallint, session_id = NULL, run_deadline = NULL
  FROM lost
  WHERE job.id = lost.id AND job.session_id IS NOT NULL AND job.crashes + crashed < $2
  RETURNING job.id, job.queue, job.site_id, job.service_id, job.priority, job.admitted AS ready
)
SELECT id, queue, site_id, service_id, priority, ready, false AS dead FROM back
UNION ALL
SELECT id, queue, site_id, service_id, priority, false, true FROM buried
