-- Claims those of the offered jobs that are still ready; the others were taken, drop them.
-- $1 session, $2 queue, $3 ids in ascending order.
-- No index names the state: said so, the planner can't take the one of all that is admitted for the way to these few,
-- which would read a whole backlog for each claim.
UPDATE job SET fence = fence + 1, deliveries = least(deliveries, 32766) + 1, session_id = $1,
               started_at = now(), run_deadline = now() + time_limit
WHERE ctid = ANY (ARRAY(   -- what is locked stays where it is
        SELECT ctid FROM job WHERE id = ANY ($3::bigint[]) AND job.state = 'ready'
        ORDER BY id FOR UPDATE SKIP LOCKED))
  AND job.state = 'ready' AND queue = $2::job_queue
  AND EXISTS (SELECT 1 FROM session WHERE session.id = $1 AND expires_at > now())
RETURNING id, fence, kind, subject_id, service_id, node_id, site_id, priority, request_no, attempts_failed,
          attempts_max, date_part('epoch', time_limit)::bigint AS time_limit_s, concurrency_key, cancel
