-- I4: an order is placed at the CA at most once. service: two orders of one service under way. reference: two orders
-- that share the CA's order (the newest), or one that is placed and has lost the reference. guard: the index that
-- sees to it is missing or broken.
WITH newest AS MATERIALIZED (
  SELECT ca_account_id, state, order_url FROM ca_order ORDER BY id DESC LIMIT 20000
)
SELECT 'service' AS subject, count(*) AS found, NULL::double precision AS seconds
FROM (SELECT 1 FROM ca_order WHERE ended_at IS NULL GROUP BY service_id HAVING count(*) > 1) twice
UNION ALL
SELECT 'reference', (SELECT count(*) FROM (SELECT 1 FROM newest WHERE order_url IS NOT NULL
                                           GROUP BY ca_account_id, order_url HAVING count(*) > 1) shared)
                    + (SELECT count(*) FROM newest WHERE state = 'placed' AND order_url IS NULL), NULL
UNION ALL
SELECT 'guard', 1, NULL
WHERE NOT EXISTS (SELECT 1 FROM pg_index WHERE indexrelid = to_regclass('certfleet.ca_order_one_live')
                  AND indisunique AND indisvalid)
