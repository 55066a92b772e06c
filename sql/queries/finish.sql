-- Moves ended jobs to history if their fences still hold. A job that does not come back was taken back meanwhile: its
-- results must not be written.
-- The jobs come in runs of consecutive ids under one fence, in ascending order: $1 the first of each run, $2 the last,
-- $3 the fence, $4 how many jobs come before it. By position among all: $5 outcomes (empty: all are done), $6 errors ('':
-- none; empty: none at all), $7 error ids (0: none; empty: none at all). $8 is how many jobs they are in all.
-- One row comes back: the keys and limits that became free, and, unless all have ended, the ids of those that have.
-- A run is one way down the index, however long it is: what a worker claims together mostly ends together. A running job
-- is one with a session: told so, the planner can't mistake the index of all running jobs for the way to these few. Only
-- what history has is carried from the one table to the other (docs/performance.md).
WITH gone AS (
  DELETE FROM job
  USING unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS run(first_id, last_id, fence, before)
  WHERE job.id BETWEEN run.first_id AND run.last_id AND job.session_id IS NOT NULL AND job.fence = run.fence
  RETURNING job.id, created_at, started_at, queue, priority, attempts_failed, deliveries, crashes, request_no, job.fence,
            session_id, site_id, service_id, node_id, subject_id, kind, concurrency_key, limit_key,
            (before + 1 + job.id - first_id)::integer AS place,
            CASE WHEN cardinality($5::job_outcome[]) = 0 THEN 'done'
                 ELSE ($5::job_outcome[])[before + 1 + job.id - first_id] END AS outcome
), ended AS (
  INSERT INTO job_history (id, created_at, started_at, queue, outcome, priority, attempts_failed, deliveries,
                           crashes, request_no, fence, session_id, site_id, service_id, node_id, subject_id, kind,
                           error, error_id)
  SELECT id, created_at, started_at, queue, outcome, priority,
         attempts_failed + (CASE WHEN outcome = 'failed' THEN 1 ELSE 0 END)::smallint, deliveries, crashes,
         request_no, fence, session_id, site_id, service_id, node_id, subject_id, kind,
         CASE WHEN cardinality($6::text[]) > 0 THEN nullif(($6::text[])[place], '') END,
         CASE WHEN cardinality($7::integer[]) > 0 THEN nullif(($7::integer[])[place], 0) END
  FROM gone
)
SELECT array_agg(concurrency_key) FILTER (WHERE concurrency_key IS NOT NULL) AS keys,
       array_agg(limit_key) FILTER (WHERE limit_key IS NOT NULL) AS limits,
       CASE WHEN count(*) < $8::bigint THEN (SELECT coalesce(array_agg(id), '{}') FROM gone) END AS ids
FROM gone
