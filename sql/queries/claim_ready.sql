-- Claims ready jobs of a queue without having been offered them: the most urgent first, by turns.
-- $1 session, $2 queue, $3 site of the worker (null: any), $4 how many, $5 how many priorities to ask last,
-- $6, $7 site and service after whose lane to begin, $8 whether to look behind the front, too.
-- The guard is repeated on the row that is updated.
UPDATE job SET fence = fence + 1, deliveries = least(deliveries, 32766) + 1, session_id = $1,
               started_at = now(), run_deadline = now() + time_limit
WHERE ctid = ANY ((SELECT ready_by_turns($2::job_queue, $3, $4, $5, false, $6, $7, true, $8))::tid[])
  AND job.state = 'ready'
  AND EXISTS (SELECT 1 FROM session WHERE session.id = $1 AND expires_at > now())
RETURNING id, fence, kind, subject_id, service_id, node_id, site_id, priority, request_no, attempts_failed,
          attempts_max, date_part('epoch', time_limit)::bigint AS time_limit_s, concurrency_key, cancel
