-- I1: a committed job ends as done, failed, cancelled or dead; none vanishes.
-- two_places: a job that lives and has ended too (the oldest live ones). order, apply: work under way that no job,
-- live or dead, will bring to its end.
WITH orders AS MATERIALIZED (
  SELECT o.id FROM ca_order o
  WHERE o.ended_at IS NULL AND o.state <> 'scheduled'
    AND NOT EXISTS (SELECT 1 FROM job WHERE NOT admitted AND concurrency_key = 'order:' || o.id)
    AND NOT EXISTS (SELECT 1 FROM job WHERE admitted AND concurrency_key = 'order:' || o.id)
    AND NOT EXISTS (SELECT 1 FROM job_dead d WHERE d.concurrency_key = 'order:' || o.id)
  LIMIT 1000
), applies AS MATERIALIZED (
  SELECT a.id FROM apply a JOIN node n ON n.id = a.node_id
  WHERE a.ended_at IS NULL AND a.state = 'started'
    AND NOT EXISTS (SELECT 1 FROM job j WHERE NOT j.admitted AND j.concurrency_key = 'access:' || n.access_id
                    AND j.kind = 'apply.run' AND j.subject_id = a.id)
    AND NOT EXISTS (SELECT 1 FROM job j WHERE j.admitted
                    AND j.concurrency_key = 'access:' || n.access_id AND j.kind = 'apply.run' AND j.subject_id = a.id)
    AND NOT EXISTS (SELECT 1 FROM job_dead d WHERE d.kind = 'apply.run' AND d.subject_id = a.id)
  LIMIT 1000
)
SELECT 'two_places' AS subject, count(*) AS found, NULL::double precision AS seconds
FROM (SELECT id FROM job ORDER BY id LIMIT 2000) j
WHERE EXISTS (SELECT 1 FROM job_history h WHERE h.id = j.id) OR EXISTS (SELECT 1 FROM job_dead d WHERE d.id = j.id)
UNION ALL
SELECT 'order', count(*), NULL FROM orders
UNION ALL
-- The node may have got another access since its job was made: asked once more of all jobs. A full join can't be
-- planned as a loop over the whole table for each apply, however wrong the planner's numbers are.
SELECT 'apply', count(a.id) FILTER (WHERE j.subject_id IS NULL), NULL
FROM applies a
FULL JOIN (SELECT subject_id FROM job WHERE kind = 'apply.run' AND EXISTS (SELECT 1 FROM applies)) j
  ON j.subject_id = a.id
