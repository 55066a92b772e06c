-- I5: a node is never left with a key that does not fit its certificate, nor half changed.
-- abandoned: an apply that had begun to change its node and whose job is dead: nobody completes or restores it.
-- mending: one that has been at it for two minutes: its node can't be reached, or lets nobody in.
-- not_restored: a node whose last apply ended while it was changing it. foreign_key: a certificate with the key of
-- another service. guard: two applies could be under way on one node.
SELECT 'abandoned' AS subject, count(*) AS found, NULL::double precision AS seconds
FROM apply a
WHERE a.ended_at IS NULL AND a.step IN ('changing', 'restoring')
  AND EXISTS (SELECT 1 FROM job_dead d WHERE d.kind = 'apply.run' AND d.subject_id = a.id)
UNION ALL
SELECT 'mending', count(*), extract(epoch FROM now() - min(a.changing_since))::double precision
FROM apply a
WHERE a.ended_at IS NULL AND a.step IN ('changing', 'restoring') AND a.changing_since < now() - interval '2 minutes'
  AND NOT EXISTS (SELECT 1 FROM job_dead d WHERE d.kind = 'apply.run' AND d.subject_id = a.id)
UNION ALL
SELECT 'not_restored', count(*), NULL
FROM node n, LATERAL (SELECT a.state, a.step FROM apply a WHERE a.node_id = n.id AND a.state <> 'scheduled'
                      ORDER BY a.id DESC LIMIT 1) last
WHERE n.apply_status = 'failed' AND last.state IN ('failed', 'cancelled') AND last.step IN ('changing', 'restoring')
UNION ALL
SELECT 'foreign_key', count(*), NULL
FROM certificate c JOIN key_pair k ON k.id = c.key_pair_id WHERE k.service_id <> c.service_id
UNION ALL
SELECT 'guard', 1, NULL
WHERE NOT EXISTS (SELECT 1 FROM pg_index WHERE indexrelid = to_regclass('certfleet.apply_one_live')
                  AND indisunique AND indisvalid)
