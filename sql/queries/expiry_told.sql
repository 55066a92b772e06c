-- Newest certificates of enabled services that are past another threshold of their expiry than the log was told
-- of: marked, and given back.
-- $1 the thresholds in days (0 is the end itself), $2 how many at most.
WITH due AS (
  SELECT c.id, c.service_id, s.name, past.standing
  FROM certificate c JOIN service s ON s.id = c.service_id,
       LATERAL (SELECT CASE WHEN c.not_after <= now() THEN 0
                            ELSE min(d) FILTER (WHERE c.not_after < now() + make_interval(hours => 24 * d)) END
                       AS standing
                FROM unnest($1::integer[]) AS d) AS past
  WHERE c.not_after < now() + make_interval(hours => 24 * (SELECT max(d) FROM unnest($1::integer[]) AS d))
    AND s.enabled AND past.standing IS DISTINCT FROM c.expiry_told
    AND NOT EXISTS (SELECT 1 FROM certificate later WHERE later.service_id = c.service_id
                    AND (later.not_after, later.id) > (c.not_after, c.id))
  ORDER BY c.not_after, c.id LIMIT $2
)
UPDATE certificate SET expiry_told = due.standing
FROM due WHERE certificate.id = due.id AND due.standing IS DISTINCT FROM certificate.expiry_told
RETURNING due.service_id, due.name, due.standing
