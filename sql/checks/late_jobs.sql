-- Queues whose oldest ready jobs have been due for more than 15 minutes, of the first of each site and service.
SELECT q.queue::text AS subject, count(*) AS found,
       extract(epoch FROM now() - min(j.run_at))::double precision AS seconds
FROM unnest(enum_range(NULL::job_queue)) AS q(queue),
     unnest(ready_by_turns(q.queue, NULL, 200, 0, true, -1, -1, false, true)) AS head(place)
JOIN job j ON j.ctid = head.place
WHERE j.run_at < now() - interval '15 minutes'
GROUP BY q.queue ORDER BY q.queue
