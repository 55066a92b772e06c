-- Puts running jobs back: after a failed attempt with a wait, or handed back by a drain without counting one.
-- $1 ids ascending, $2 fences, $3 waits in seconds (0: at once), $4 failed attempts to add, $5 errors,
-- $6 error ids (0: none), $7 whether to be parked: its kind is not known here.
-- A job with a key or under a limit goes back to waiting, so that others may use it meanwhile; promote follows.
WITH input AS MATERIALIZED (
  SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::double precision[], $4::smallint[], $5::text[], $6::integer[],
                       $7::boolean[])
    AS t(id, fence, wait_s, failed, error, error_id, parked)
)
UPDATE job SET
  admitted = input.wait_s = 0 AND job.concurrency_key IS NULL AND job.limit_key IS NULL,
  fence = job.fence + 1, session_id = NULL, run_deadline = NULL,
  -- Where a living worker knows the kind, that one only has to get hold of it.
  run_at = now() + make_interval(secs => CASE
    WHEN input.parked AND EXISTS (SELECT 1 FROM session s WHERE s.expires_at > now() AND s.queue = job.queue
                                  AND job.kind = ANY (s.kinds)) THEN 2 ELSE input.wait_s END),
  parked = input.parked,
  attempts_failed = job.attempts_failed + input.failed,
  error = coalesce(nullif(input.error, ''), job.error),
  error_id = coalesce(nullif(input.error_id, 0), job.error_id)
FROM input
WHERE job.id = ANY ($1::bigint[]) AND job.id = input.id AND job.fence = input.fence
  AND job.session_id IS NOT NULL   -- which is to be running (see finish.sql)
RETURNING job.id, job.queue, job.concurrency_key, job.limit_key, job.admitted AS ready, job.site_id,
          job.service_id, job.priority
