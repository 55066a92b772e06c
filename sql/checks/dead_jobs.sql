-- Dead jobs by kind: they ran into a limit and are sent again only by hand.
SELECT kind AS subject, count(*) AS found, extract(epoch FROM now() - min(died_at))::double precision AS seconds
FROM (SELECT kind, died_at FROM job_dead LIMIT 100000) dead
GROUP BY kind ORDER BY kind
