-- enrolled: broker keys that are admitted. connected: brokers that read the list of peers from this database.
SELECT 'enrolled' AS subject, count(*) AS found, NULL::double precision AS seconds
FROM peer WHERE role = 'broker' AND revoked_at IS NULL
UNION ALL
SELECT 'connected', count(DISTINCT application_name), NULL FROM pg_stat_activity
WHERE datname = current_database() AND application_name ~ '^certfleet-broker [0-9]+'
