-- I2: a job's effects commit at most once. Each end is one row of history or of the dead, under one fence.
-- ended_twice, dead_and_ended: of the newest ends. fence: a claim that did not raise it.
WITH newest AS MATERIALIZED (
  SELECT id FROM job_history ORDER BY id DESC LIMIT 20000
)
SELECT 'ended_twice' AS subject, count(*) AS found, NULL::double precision AS seconds
FROM (SELECT id FROM newest GROUP BY id HAVING count(*) > 1) twice
UNION ALL
SELECT 'dead_and_ended', count(*), NULL
FROM (SELECT id FROM job_dead ORDER BY id DESC LIMIT 2000) d
WHERE EXISTS (SELECT 1 FROM job_history h WHERE h.id = d.id)
UNION ALL
SELECT 'fence', count(*), NULL FROM job WHERE session_id IS NOT NULL AND fence < deliveries
