-- Jobs of a kind that no worker which met them knew, by kind, and since when the oldest exists.
SELECT kind AS subject, count(*) AS found, extract(epoch FROM now() - min(created_at))::double precision AS seconds
FROM (SELECT kind, created_at FROM job WHERE parked AND session_id IS NULL LIMIT 100000) parked
WHERE NOT EXISTS (SELECT 1 FROM session s WHERE s.expires_at > now() AND parked.kind = ANY (s.kinds))
GROUP BY kind ORDER BY kind
