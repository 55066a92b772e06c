-- Makes a session's running jobs ready again that its worker does not know of: the claim's answer was lost.
-- $1 session, $2 ids that the worker holds.
UPDATE job SET fence = fence + 1, session_id = NULL, run_deadline = NULL
WHERE session_id = $1 AND NOT id = ANY ($2::bigint[])
RETURNING id, queue, site_id, service_id, priority
