-- A part of the batch run `orders`: of the next services, those that are ordered automatically (manual 7.2.8) and
-- whose newest certificate ends soon get an order that is due now. Gives the last service that was looked at, and how
-- many were.
-- $1 the service after which to begin, $2 how many to look at, $3 days before the end.
WITH page AS MATERIALIZED (
  SELECT id, enabled AND auto_order AS ordered, ca_account_id, csr_source FROM service
  WHERE id > $1 ORDER BY id LIMIT $2
), made AS (
  INSERT INTO ca_order (service_id, ca_account_id, state, scheduled_at)
  SELECT page.id, page.ca_account_id, 'scheduled', now()
  FROM page
  WHERE ordered AND ca_account_id IS NOT NULL
    AND CASE csr_source WHEN 'stored' THEN EXISTS (SELECT 1 FROM csr WHERE service_id = page.id)
                        ELSE EXISTS (SELECT 1 FROM key_spec WHERE service_id = page.id) END
    AND (SELECT max(not_after) FROM certificate WHERE service_id = page.id) < now() + make_interval(hours => 24 * $3)
    AND NOT EXISTS (SELECT 1 FROM ca_order o WHERE o.service_id = page.id
                    AND (o.ended_at IS NULL
                         OR o.state IN ('failed', 'cancelled') AND o.ended_at > now() - interval '7 days'))
  ON CONFLICT (service_id) WHERE ended_at IS NULL DO NOTHING
)
SELECT max(id), count(*) FROM page
