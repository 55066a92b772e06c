-- Hosts of living workers whose clock differs from the database's by more than 5 s, and by how much.
SELECT host AS subject, count(*) AS found, max(abs(clock_error_s))::double precision AS seconds
FROM session WHERE expires_at > now() AND abs(clock_error_s) > 5
GROUP BY host ORDER BY host LIMIT 50
