-- Moves ended jobs to history if their fences still hold. A job that does not come back was taken back meanwhile: its
-- results must not be written.
-- $1 ids ascending, $2 fences, $3 outcomes, $4 errors ('': none), $5 error ids (0: none).
-- An empty $3 means that all are done, an empty $4 or $5 that there are no errors.
-- A running job is one with a session: told so, the planner can't mistake the index of all running jobs for the
-- way to these few. The arrays are read by position, which is cheaper than joining with them; width_bucket finds
-- the position by halves. Only what history has is carried from the one table to the other (docs/performance.md).
WITH gone AS (
  DELETE FROM job
  WHERE id = ANY ($1::bigint[]) AND session_id IS NOT NULL
    AND fence = ($2::bigint[])[width_bucket(id, $1::bigint[])]
  RETURNING id, created_at, started_at, queue, priority, attempts_failed, deliveries, crashes, request_no, fence,
            session_id, site_id, service_id, node_id, subject_id, kind, concurrency_key, limit_key,
            CASE WHEN cardinality($3::job_outcome[]) = 0 THEN 'done'
                 ELSE ($3::job_outcome[])[width_bucket(id, $1::bigint[])] END AS outcome
), ended AS (
  INSERT INTO job_history (id, created_at, started_at, queue, outcome, priority, attempts_failed, deliveries,
                           crashes, request_no, fence, session_id, site_id, service_id, node_id, subject_id, kind,
                           error, error_id)
  SELECT id, created_at, started_at, queue, outcome, priority,
         attempts_failed + (CASE WHEN outcome = 'failed' THEN 1 ELSE 0 END)::smallint, deliveries, crashes,
         request_no, fence, session_id, site_id, service_id, node_id, subject_id, kind,
         CASE WHEN cardinality($4::text[]) > 0 THEN nullif(($4::text[])[width_bucket(id, $1::bigint[])], '') END,
         CASE WHEN cardinality($5::integer[]) > 0 THEN nullif(($5::integer[])[width_bucket(id, $1::bigint[])], 0) END
  FROM gone
)
SELECT id, concurrency_key, limit_key FROM gone
