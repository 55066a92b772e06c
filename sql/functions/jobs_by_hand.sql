-- What a person may do with jobs. It reaches across groups, whoever asks: keys and limits are held by jobs of all.

-- Whether the one who asks may change the jobs of this service (none: the installation's own).
CREATE OR REPLACE FUNCTION may_change_service(p_service bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
  SELECT is_owner() OR is_admin() AND (p_service IS NULL OR EXISTS (
    SELECT 1 FROM service s WHERE s.id = p_service AND s.group_id = ANY (my_groups())))
$$;

CREATE OR REPLACE FUNCTION audit_jobs(p_jobs bigint[], p_services bigint[], p_what text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
  INSERT INTO audit (action, table_name, row_id, name, groups, after)
  SELECT 'UPDATE', 'job', j.id, s.name, CASE WHEN j.service IS NOT NULL THEN array_remove(ARRAY[s.group_id], NULL) END,
         jsonb_build_object('asked', p_what)
  FROM unnest(p_jobs, p_services) AS j(id, service) LEFT JOIN service s ON s.id = j.service
$$;

-- Asks for the end of live jobs; of those that wait one of each key that is free becomes ready, so that a worker ends
-- it. A key that is held stays held: then the job waits for it, and is ended when its turn comes. What is not there, or
-- not his to change, is left out; returns how many were.
CREATE OR REPLACE FUNCTION cancel_jobs(p_jobs bigint[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  ids      bigint[];
  services bigint[];
BEGIN
  SELECT array_agg(id), array_agg(service_id) INTO ids, services
  FROM (SELECT id, service_id FROM job WHERE id = ANY (p_jobs) ORDER BY id FOR UPDATE) wanted
  WHERE may_change_service(service_id);
  UPDATE job SET cancel = true WHERE id = ANY (ids);
  UPDATE job SET admitted = true WHERE NOT admitted AND id = ANY (ARRAY(
    SELECT DISTINCT ON (coalesce(concurrency_key, id::text)) id FROM job
    WHERE id = ANY (ids) AND NOT admitted
      AND (concurrency_key IS NULL OR NOT EXISTS (SELECT 1 FROM job h WHERE h.concurrency_key = job.concurrency_key
                                                  AND h.admitted))
    ORDER BY coalesce(concurrency_key, id::text), priority, id));
  PERFORM audit_jobs(ids, services, 'cancel');
  RETURN coalesce(cardinality(ids), 0);
END $$;

-- Sends dead jobs again; leaves out and returns as above.
CREATE OR REPLACE FUNCTION retry_jobs(p_jobs bigint[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  ids      bigint[];
  services bigint[];
  keys     text[];
  limits   text[];
BEGIN
  WITH gone AS (
    DELETE FROM job_dead WHERE id = ANY (p_jobs) AND may_change_service(service_id) RETURNING *
  ), sent AS (
    INSERT INTO job (id, queue, admitted, priority, attempts_max, request_no, fence, site_id, service_id, node_id,
                     subject_id, kind, created_at, time_limit, concurrency_key, limit_key, error, error_id)
    OVERRIDING SYSTEM VALUE
    SELECT id, queue, concurrency_key IS NULL AND limit_key IS NULL,
           priority, attempts_max, request_no, fence + 1, site_id, service_id, node_id, subject_id, kind, created_at,
           time_limit, concurrency_key, limit_key, error, error_id
    FROM gone RETURNING id, service_id, concurrency_key, limit_key
  )
  SELECT array_agg(id), array_agg(service_id), array_agg(concurrency_key), array_agg(limit_key)
  INTO ids, services, keys, limits FROM sent;
  PERFORM promote(keys, limits);
  PERFORM audit_jobs(ids, services, 'retry');
  RETURN coalesce(cardinality(ids), 0);
END $$;

-- Which jobs a person may ask for. A job works with whatever its subject refers to: that must be what the job says it
-- is about, so that the policy of its service counts, with the key and the limit that it falls under. A new kind that
-- the command enqueues has a line here. It looks with the eyes of the one who asks.
CREATE OR REPLACE FUNCTION job_of_person(p_job job) RETURNS boolean
LANGUAGE sql STABLE SET search_path = certfleet, pg_temp AS $$
  SELECT split_part(p_job.kind, '.', 1) = p_job.queue::text
    AND p_job.priority >= 0 AND p_job.attempts_max <= 20 AND p_job.time_limit <= interval '1 hour'
    AND p_job.limit_key IS NOT DISTINCT FROM limit_key_of(p_job.queue, p_job.site_id, p_job.subject_id)
    AND (NOT p_job.admitted OR p_job.limit_key IS NULL AND p_job.concurrency_key IS NULL)
    AND p_job.run_at <= now()
    -- A key that is nobody's business would keep others from their work; so would a site that no worker serves.
    AND (p_job.kind = 'apply.run' OR p_job.site_id IS NULL)
    AND (p_job.kind IN ('csr.make', 'apply.run') OR p_job.concurrency_key IS NULL)
    AND (p_job.kind LIKE '%.reseal' OR p_job.dedupe_key IS NULL)
    AND coalesce(CASE
    WHEN p_job.kind = 'csr.make' THEN
      p_job.node_id IS NULL AND p_job.concurrency_key = 'order:' || p_job.subject_id AND EXISTS (
        SELECT 1 FROM ca_order o WHERE o.id = p_job.subject_id AND o.service_id = p_job.service_id
          AND o.state = 'started')
    WHEN p_job.kind = 'apply.run' THEN EXISTS (
      SELECT 1 FROM apply a JOIN node n ON n.id = a.node_id
      WHERE a.id = p_job.subject_id AND a.state = 'started' AND n.id = p_job.node_id
        AND n.service_id = p_job.service_id AND n.site_id = p_job.site_id
        AND p_job.concurrency_key = 'access:' || n.access_id)
    WHEN p_job.kind = 'mail.send' THEN EXISTS (
      SELECT 1 FROM mail m WHERE m.id = p_job.subject_id AND m.service_id = p_job.service_id
        AND m.node_id IS NOT DISTINCT FROM p_job.node_id AND m.sent_at IS NULL)
    WHEN p_job.kind = 'mail.test' THEN
      p_job.service_id IS NULL AND p_job.node_id IS NULL AND EXISTS (
        SELECT 1 FROM notification_table t WHERE t.id = p_job.subject_id)
    WHEN p_job.kind IN ('apply.reseal', 'order.reseal', 'mail.reseal') THEN
      p_job.service_id IS NULL AND p_job.node_id IS NULL AND p_job.subject_id = 0 AND p_job.dedupe_key = p_job.kind
  END, false)
$$;
