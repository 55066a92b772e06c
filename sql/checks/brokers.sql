-- enrolled: broker keys that are admitted. connected: brokers that show in this database that they live.
SELECT 'enrolled' AS subject, count(*) AS found, NULL::double precision AS seconds
FROM peer WHERE role = 'broker' AND revoked_at IS NULL
UNION ALL
SELECT 'connected', count(*), NULL FROM daemon
WHERE program = 'broker' AND expires_at > now()
