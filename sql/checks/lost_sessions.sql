-- Worker processes that vanished and were not swept away: their jobs wait for a leading scheduler.
SELECT queue::text AS subject, count(*) AS found, extract(epoch FROM now() - min(expires_at))::double precision AS seconds
FROM session WHERE expires_at < now() - interval '10 seconds'
GROUP BY queue ORDER BY queue
