-- Inserts jobs; one whose dedupe key is live already is left out. A job with a key, under a limit or for later
-- waits.
-- $1 queues, $2 kinds, $3 subjects, $4 services, $5 nodes, $6 sites (0: none), $7 priorities,
-- $8 waits in seconds, $9 time limits in seconds (0: the queue's completion timer), $10 attempts at most,
-- $11 request numbers, $12 concurrency keys, $13 dedupe keys ('': none).
INSERT INTO job (queue, admitted, kind, subject_id, service_id, node_id, site_id, priority, run_at, time_limit,
                 attempts_max, request_no, concurrency_key, dedupe_key, limit_key)
SELECT t.queue, t.key = '' AND t.wait_s <= 0 AND lim IS NULL, t.kind, t.subject, nullif(t.service, 0), nullif(t.node, 0), nullif(t.site, 0), t.priority,
       now() + make_interval(secs => t.wait_s),
       make_interval(secs => CASE WHEN t.limit_s > 0 THEN t.limit_s
                                  WHEN t.queue = 'csr' THEN csr_timer_s WHEN t.queue = 'order' THEN order_timer_s
                                  WHEN t.queue = 'apply' THEN apply_timer_s
                                  WHEN t.queue = 'verify' THEN verify_timer_s ELSE mail_timer_s END),
       t.attempts, t.request_no,
       nullif(t.key, ''), nullif(t.dedupe, ''), lim
FROM unnest($1::job_queue[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::smallint[],
            $8::double precision[], $9::double precision[], $10::smallint[], $11::integer[], $12::text[],
            $13::text[])
  AS t(queue, kind, subject, service, node, site, priority, wait_s, limit_s, attempts, request_no, key, dedupe),
  LATERAL (SELECT CASE WHEN EXISTS (SELECT 1 FROM job_limit) THEN limit_key_of(t.queue, t.site, t.subject) END
           AS lim) AS falls_under,
  settings
ON CONFLICT (dedupe_key) WHERE dedupe_key IS NOT NULL DO NOTHING
RETURNING id, queue, site_id, service_id, priority, admitted AS ready, concurrency_key, limit_key
