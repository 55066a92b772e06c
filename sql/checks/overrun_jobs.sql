-- Jobs that run past their deadline, and since when.
SELECT queue::text AS subject, count(*) AS found, extract(epoch FROM now() - min(run_deadline))::double precision AS seconds
FROM job WHERE session_id IS NOT NULL AND run_deadline < now() - interval '5 seconds'
GROUP BY queue ORDER BY queue
