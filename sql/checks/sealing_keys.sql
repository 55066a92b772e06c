-- Workers that open secrets and do not hold the key that secrets are sealed to now. none: there is no such key.
SELECT k.id AS subject, count(*) AS found, NULL::double precision AS seconds
FROM sealing_key k JOIN session s ON s.queue IN ('order', 'apply', 'mail') AND s.expires_at > now()
WHERE k.active AND NOT k.id = ANY (s.sealing_keys)
GROUP BY k.id
UNION ALL
SELECT 'none', 1, NULL WHERE NOT EXISTS (SELECT 1 FROM sealing_key WHERE active)
