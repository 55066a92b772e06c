-- Queues, and sites of a queue, without a living worker, and how many ready jobs wait there (1000: or more).
-- A subject is a queue, or queue and site.
SELECT q.queue::text AS subject,
       (SELECT count(*) FROM (SELECT 1 FROM job j WHERE j.queue = q.queue AND j.admitted AND j.session_id IS NULL LIMIT 1000) ready) AS found,
       NULL::double precision AS seconds
FROM unnest(enum_range(NULL::job_queue)) AS q(queue)
WHERE NOT EXISTS (SELECT 1 FROM session s WHERE s.queue = q.queue AND s.expires_at > now())
UNION ALL
SELECT q.queue || ' ' || t.name, ready.jobs, NULL
FROM unnest(enum_range(NULL::job_queue)) AS q(queue)
CROSS JOIN site t,
LATERAL (SELECT count(*) AS jobs
         FROM (SELECT 1 FROM generate_series(0, 9) AS level(priority)
               JOIN job j ON j.queue = q.queue AND j.admitted AND j.session_id IS NULL AND j.priority = level.priority::smallint
                         AND coalesce(j.site_id, 0) = t.id LIMIT 1000) found) AS ready
WHERE ready.jobs > 0
  AND EXISTS (SELECT 1 FROM session s WHERE s.queue = q.queue AND s.expires_at > now())
  AND NOT EXISTS (SELECT 1 FROM session s WHERE s.queue = q.queue AND s.expires_at > now()
                  AND (s.site_id IS NULL OR s.site_id = t.id))
