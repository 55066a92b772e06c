-- A part of the batch run `applies`: of the next nodes, those that were applied to before and do not have the
-- newest certificate of their service get an apply that is due now; it chooses the certificate when it starts.
-- Gives the last node that was looked at, and how many were.
-- $1 the node after which to begin, $2 how many to look at, $3 unused.
WITH page AS MATERIALIZED (
  SELECT n.id, n.enabled AND s.enabled AS enabled, n.service_id, n.served_sha256
  FROM node n JOIN service s ON s.id = n.service_id
  WHERE n.id > $1 AND $3::integer IS NOT NULL ORDER BY n.id LIMIT $2
), made AS (
  INSERT INTO apply (node_id, state, scheduled_at)
  SELECT page.id, 'scheduled', now()
  FROM page,
       LATERAL (SELECT c.id, c.sha256 FROM certificate c
                WHERE c.service_id = page.service_id AND c.key_pair_id IS NOT NULL
                ORDER BY c.not_after DESC, c.id DESC LIMIT 1) AS newest
  WHERE page.enabled AND page.served_sha256 IS DISTINCT FROM newest.sha256
    AND EXISTS (SELECT 1 FROM apply a WHERE a.node_id = page.id AND a.state = 'applied')
    AND NOT EXISTS (SELECT 1 FROM apply a WHERE a.node_id = page.id
                    AND (a.ended_at IS NULL
                         OR a.certificate_id = newest.id
                            AND (a.state = 'applied' OR a.ended_at > now() - interval '7 days')))
  ON CONFLICT (node_id) WHERE ended_at IS NULL DO NOTHING
  RETURNING node_id
), shown AS (
  UPDATE node SET apply_status = 'scheduled' FROM made WHERE node.id = made.node_id
)
SELECT max(id), count(*) FROM page
