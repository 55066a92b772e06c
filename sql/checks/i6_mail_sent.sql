-- I6: an event is mailed at least once; one certificate and threshold make one event.
-- unsent: older than ten minutes, and no job, live or dead, will send it (the oldest). event_twice: of the newest.
-- guard: the index that sees to it is missing or broken.
WITH unsent AS MATERIALIZED (
  SELECT id FROM mail WHERE sent_at IS NULL AND created_at < now() - interval '10 minutes' ORDER BY id LIMIT 1000
)
-- The full join keeps the planner from looping over all jobs for each mail.
SELECT 'unsent' AS subject, count(u.id) FILTER (WHERE j.subject_id IS NULL) AS found, NULL::double precision AS seconds
FROM unsent u
FULL JOIN (SELECT subject_id FROM job WHERE kind = 'mail.send' AND EXISTS (SELECT 1 FROM unsent)
           UNION ALL SELECT subject_id FROM job_dead WHERE kind = 'mail.send') j
  ON j.subject_id = u.id
UNION ALL
SELECT 'event_twice', count(*), NULL
FROM (SELECT 1 FROM (SELECT event_key FROM mail ORDER BY id DESC LIMIT 20000) newest
      WHERE event_key IS NOT NULL GROUP BY event_key HAVING count(*) > 1) twice
UNION ALL
SELECT 'guard', 1, NULL
WHERE NOT EXISTS (SELECT 1 FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                  WHERE i.indrelid = to_regclass('certfleet.mail') AND i.indisunique AND i.indisvalid
                    AND i.indnatts = 1 AND a.attname = 'event_key')
