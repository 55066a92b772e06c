-- Moves jobs past a limit to the dead, if their fences still hold (see finish.sql).
-- $1 ids ascending, $2 fences, $3 errors ('': none), $4 error ids (0: none).
WITH gone AS (
  DELETE FROM job
  WHERE id = ANY ($1::bigint[]) AND session_id IS NOT NULL
    AND fence = ($2::bigint[])[width_bucket(id, $1::bigint[])]
  RETURNING *
), buried AS (
  INSERT INTO job_dead (id, queue, priority, attempts_failed, attempts_max, deliveries, crashes, request_no,
                        fence, site_id, service_id, node_id, subject_id, kind, created_at, started_at, time_limit,
                        concurrency_key, limit_key, error, error_id)
  SELECT id, queue, priority, (attempts_failed + 1)::smallint, attempts_max, deliveries, crashes,
         request_no, fence, site_id, service_id, node_id, subject_id, kind, created_at, started_at, time_limit,
         concurrency_key, limit_key, nullif(($3::text[])[width_bucket(id, $1::bigint[])], ''),
         nullif(($4::integer[])[width_bucket(id, $1::bigint[])], 0)
  FROM gone
)
SELECT id, concurrency_key, limit_key FROM gone
