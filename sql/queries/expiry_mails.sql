-- Makes the mails of thresholds that newest certificates of enabled services are past, where the notification
-- table of the service's group asks for them and names somebody. The key keeps it to one for a certificate and a
-- threshold.
-- $1 the thresholds in days (0 is the end itself), $2 how many at most.
INSERT INTO mail (message_id, event, event_key, notification_id, service_id, not_after)
SELECT '<' || gen_random_uuid() || '@certfleet>', named.event, named.event || ':' || c.id, t.id, c.service_id,
       c.not_after
FROM certificate c
JOIN service s ON s.id = c.service_id
JOIN user_group g ON g.id = s.group_id
JOIN notification_table t ON t.id = g.notification_id,
     LATERAL (SELECT CASE WHEN c.not_after <= now() THEN 0
                          ELSE min(d) FILTER (WHERE c.not_after < now() + make_interval(hours => 24 * d)) END
                     AS standing
              FROM unnest($1::integer[]) AS d) AS past,
     LATERAL (SELECT CASE past.standing WHEN 0 THEN 'expired' ELSE 'expiry_' || past.standing END AS event) AS named
WHERE c.not_after < now() + make_interval(hours => 24 * (SELECT max(d) FROM unnest($1::integer[]) AS d))
  AND s.enabled
  AND CASE past.standing WHEN 0 THEN t.expired WHEN 15 THEN t.expiry_15 WHEN 30 THEN t.expiry_30
                         WHEN 60 THEN t.expiry_60 WHEN 90 THEN t.expiry_90 END
  AND EXISTS (SELECT 1 FROM notification_recipient r WHERE r.notification_id = t.id)
  AND NOT EXISTS (SELECT 1 FROM mail WHERE event_key = named.event || ':' || c.id)
  AND NOT EXISTS (SELECT 1 FROM certificate later WHERE later.service_id = c.service_id
                  AND (later.not_after, later.id) > (c.not_after, c.id))
ORDER BY c.not_after, c.id LIMIT $2
ON CONFLICT (event_key) DO NOTHING
RETURNING id, service_id
