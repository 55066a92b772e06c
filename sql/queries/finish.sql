-- Moves ended jobs to history, or to the dead, if their fences still hold. A job that does not come back
-- was taken back meanwhile: its results must not be written.
-- $1 ids ascending, $2 fences, $3 outcomes (done, failed, cancelled, dead), $4 errors, $5 error ids (0: none).
WITH input AS MATERIALIZED (
  SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::integer[])
    AS t(id, fence, outcome, error, error_id)
), gone AS (
  DELETE FROM job USING input
  WHERE job.id = ANY ($1::bigint[]) AND job.id = input.id AND job.fence = input.fence AND job.state = 'running'
  RETURNING job.*, input.outcome, nullif(input.error, '') AS last_error, nullif(input.error_id, 0) AS last_error_id
), ended AS (
  INSERT INTO job_history (id, created_at, started_at, queue, outcome, priority, attempts_failed, deliveries,
                           crashes, request_no, fence, session_id, site_id, service_id, node_id, subject_id, kind,
                           error, error_id)
  SELECT id, created_at, started_at, queue, outcome::job_outcome, priority,
         attempts_failed + (CASE WHEN outcome = 'failed' THEN 1 ELSE 0 END)::smallint, deliveries, crashes,
         request_no, fence, session_id, site_id, service_id, node_id, subject_id, kind, last_error, last_error_id
  FROM gone WHERE outcome <> 'dead'
), buried AS (
  INSERT INTO job_dead (id, queue, state, priority, attempts_failed, attempts_max, deliveries, crashes, request_no,
                        fence, site_id, service_id, node_id, subject_id, kind, created_at, started_at, time_limit,
                        concurrency_key, limit_key, error, error_id)
  SELECT id, queue, 'waiting', priority, (attempts_failed + 1)::smallint, attempts_max, deliveries, crashes,
         request_no, fence, site_id, service_id, node_id, subject_id, kind, created_at, started_at, time_limit,
         concurrency_key, limit_key, last_error, last_error_id
  FROM gone WHERE outcome = 'dead'
)
SELECT id, concurrency_key, limit_key FROM gone
