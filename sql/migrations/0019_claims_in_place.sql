-- A claim writes no index. Whether a job is admitted (its time has come, and it holds its key and its limit) is written
-- down, and who runs it; `state` follows from the two. No index and no predicate of one names who runs a job: so a claim
-- is a new version of the row on the same page, which the next who reads the page may clear away, and an end has one
-- version to forget instead of two. Before, a claim wrote two index entries, and cost the server a third more.
-- The price: who runs what is found by reading the table, which holds live jobs only. `fillfactor` leaves each page the
-- room for its claims.
ALTER TABLE job ADD COLUMN admitted boolean NOT NULL DEFAULT false;
UPDATE job SET admitted = true WHERE state <> 'waiting';
ALTER TABLE job ALTER COLUMN admitted DROP DEFAULT, DROP COLUMN state;   -- and the indexes and the CHECK that name it
ALTER TABLE job SET (fillfactor = 45);
ALTER TABLE job
  ADD COLUMN state job_state GENERATED ALWAYS AS (
    CASE WHEN session_id IS NOT NULL THEN 'running'::job_state WHEN admitted THEN 'ready'::job_state
         ELSE 'waiting'::job_state END) STORED,
  ADD CHECK (admitted OR session_id IS NULL);

CREATE INDEX job_lane ON job (queue, priority, coalesce(site_id, 0), coalesce(service_id, 0), id) WHERE admitted;
CREATE INDEX job_waiting ON job (run_at) WHERE NOT admitted;
CREATE INDEX job_waiting_key ON job (concurrency_key, priority, id)
  WHERE NOT admitted AND concurrency_key IS NOT NULL;
CREATE INDEX job_waiting_limit ON job (limit_key, priority, id) WHERE NOT admitted AND limit_key IS NOT NULL;
CREATE INDEX job_limit_holder ON job (limit_key) WHERE admitted AND limit_key IS NOT NULL;
-- I3 by the database itself: one concurrency key is held by one job at most.
CREATE UNIQUE INDEX job_key_holder ON job (concurrency_key) WHERE admitted AND concurrency_key IS NOT NULL;
-- Whose end was asked for: each worker looks for its own with each heartbeat.
CREATE INDEX job_cancelled ON job (id) WHERE cancel;

-- ---- What chooses among the admitted jobs, as before: those that nobody runs.

CREATE OR REPLACE FUNCTION next_lane(p_queue job_queue, p_priority smallint, p_only bigint, p_past_site bigint,
                          p_past_service bigint, p_past bigint, INOUT lane_site bigint, INOUT lane_service bigint,
                          OUT lane_first bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  wanted        bigint;
  after_site    bigint;
  after_service bigint;
BEGIN
  IF p_only IS NULL AND p_past IS NOT NULL AND (lane_site, lane_service) < (p_past_site, p_past_service) THEN
    -- The lanes before that one. A comparison of rows can't end a pass of the index, so each column has its own.
    after_site := lane_site;
    after_service := lane_service;
    SELECT coalesce(j.site_id, 0), coalesce(j.service_id, 0), j.id INTO lane_site, lane_service, lane_first
    FROM job j
    WHERE j.queue = p_queue AND j.admitted AND j.session_id IS NULL AND j.priority = p_priority
      AND coalesce(j.site_id, 0) = after_site AND coalesce(j.service_id, 0) > after_service
      AND coalesce(j.service_id, 0) < CASE WHEN after_site = p_past_site THEN p_past_service
                                           ELSE 9223372036854775807 END
    ORDER BY coalesce(j.service_id, 0), j.id LIMIT 1;
    IF FOUND THEN RETURN; END IF;
    SELECT coalesce(j.site_id, 0), coalesce(j.service_id, 0), j.id INTO lane_site, lane_service, lane_first
    FROM job j
    WHERE j.queue = p_queue AND j.admitted AND j.session_id IS NULL AND j.priority = p_priority
      AND coalesce(j.site_id, 0) > after_site AND coalesce(j.site_id, 0) < p_past_site
    ORDER BY coalesce(j.site_id, 0), coalesce(j.service_id, 0), j.id LIMIT 1;
    IF FOUND THEN RETURN; END IF;
    IF after_site < p_past_site THEN
      SELECT coalesce(j.site_id, 0), coalesce(j.service_id, 0), j.id INTO lane_site, lane_service, lane_first
      FROM job j
      WHERE j.queue = p_queue AND j.admitted AND j.session_id IS NULL AND j.priority = p_priority
        AND coalesce(j.site_id, 0) = p_past_site AND coalesce(j.service_id, 0) < p_past_service
      ORDER BY coalesce(j.service_id, 0), j.id LIMIT 1;
      IF FOUND THEN RETURN; END IF;
    END IF;
    SELECT coalesce(j.site_id, 0), coalesce(j.service_id, 0), j.id INTO lane_site, lane_service, lane_first
    FROM job j
    WHERE j.queue = p_queue AND j.admitted AND j.session_id IS NULL AND j.priority = p_priority
      AND (coalesce(j.site_id, 0), coalesce(j.service_id, 0), j.id) > (p_past_site, p_past_service, p_past)
    ORDER BY coalesce(j.site_id, 0), coalesce(j.service_id, 0), j.id LIMIT 1;
    RETURN;
  END IF;
  IF p_only IS NULL THEN
    SELECT coalesce(j.site_id, 0), coalesce(j.service_id, 0), j.id INTO lane_site, lane_service, lane_first
    FROM job j
    WHERE j.queue = p_queue AND j.admitted AND j.session_id IS NULL AND j.priority = p_priority
      AND (coalesce(j.site_id, 0), coalesce(j.service_id, 0)) > (lane_site, lane_service)
    ORDER BY coalesce(j.site_id, 0), coalesce(j.service_id, 0), j.id LIMIT 1;
    RETURN;
  END IF;
  FOREACH wanted IN ARRAY ARRAY[0, p_only] LOOP
    CONTINUE WHEN wanted < lane_site;
    IF wanted > lane_site THEN lane_service := -1; END IF;
    lane_site := wanted;
    SELECT coalesce(j.service_id, 0), j.id INTO lane_service, lane_first FROM job j
    WHERE j.queue = p_queue AND j.admitted AND j.session_id IS NULL AND j.priority = p_priority
      AND coalesce(j.site_id, 0) = wanted AND coalesce(j.service_id, 0) > lane_service
    ORDER BY coalesce(j.service_id, 0), j.id LIMIT 1;
    IF FOUND THEN RETURN; END IF;
  END LOOP;
  lane_site := NULL;
  lane_service := NULL;
END $$;

-- These two now return where the rows are: what is locked stays there, and is updated without a second way through the
-- primary key.
DROP FUNCTION ready_of_priority(job_queue, smallint, bigint, integer, bigint, bigint, boolean, bigint, bigint, bigint,
                                bigint, bigint, bigint);
DROP FUNCTION ready_by_turns(job_queue, bigint, integer, integer, boolean, bigint, bigint, boolean, smallint, bigint,
                             bigint, bigint);

CREATE FUNCTION ready_of_priority(p_queue job_queue, p_priority smallint, p_only bigint, p_count integer,
                                  p_site bigint, p_service bigint, p_lock boolean, p_first_site bigint,
                                  p_first_service bigint, p_first bigint, p_past_site bigint,
                                  p_past_service bigint, p_past bigint) RETURNS tid[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  sites    bigint[] := '{}';  -- the lanes that may have more, and the last job taken from each
  services bigint[] := '{}';
  lasts    bigint[] := '{}';
  site     bigint := p_site;
  service  bigint := p_service;
  first    bigint;
  around   boolean := false;
  taken    tid[] := '{}';
  more     tid[];
  share    integer;
  emptied  integer;
BEGIN
  WHILE cardinality(sites) < p_count LOOP
    IF p_only IS NULL AND (site, service) < (p_first_site, p_first_service) THEN
      site := p_first_site;
      service := p_first_service;
      first := p_first;
    ELSE
      SELECT lane_site, lane_service, lane_first INTO site, service, first
      FROM next_lane(p_queue, p_priority, p_only, p_past_site, p_past_service, p_past, site, service);
    END IF;
    IF site IS NULL THEN
      EXIT WHEN around;
      around := true;
      site := -1;
      service := -1;
      CONTINUE;
    END IF;
    EXIT WHEN around AND (site, service) > (p_site, p_service);
    sites := sites || site;
    services := services || service;
    lasts := lasts || first - 1;
  END LOOP;

  WHILE cardinality(sites) > 0 AND cardinality(taken) < p_count LOOP
    share := greatest(1, (p_count - cardinality(taken)) / cardinality(sites));
    emptied := 0;
    FOR i IN 1..cardinality(sites) LOOP
      EXIT WHEN cardinality(taken) >= p_count;
      IF p_lock THEN
        more := ARRAY(SELECT j.ctid FROM job j
                      WHERE j.queue = p_queue AND j.admitted AND j.session_id IS NULL AND j.priority = p_priority
                        AND coalesce(j.site_id, 0) = sites[i] AND coalesce(j.service_id, 0) = services[i]
                        AND j.id > lasts[i]
                      ORDER BY j.id LIMIT share FOR UPDATE SKIP LOCKED);
      ELSE
        more := ARRAY(SELECT j.ctid FROM job j
                      WHERE j.queue = p_queue AND j.admitted AND j.session_id IS NULL AND j.priority = p_priority
                        AND coalesce(j.site_id, 0) = sites[i] AND coalesce(j.service_id, 0) = services[i]
                        AND j.id > lasts[i]
                      ORDER BY j.id LIMIT share);
      END IF;
      taken := taken || more;
      IF cardinality(more) < share THEN
        lasts[i] := NULL;
        emptied := emptied + 1;
      ELSE
        lasts[i] := (SELECT j.id FROM job j WHERE j.ctid = more[share]);
      END IF;
    END LOOP;
    CONTINUE WHEN emptied = 0;
    SELECT coalesce(array_agg(s ORDER BY n), '{}'), coalesce(array_agg(v ORDER BY n), '{}'),
           coalesce(array_agg(l ORDER BY n), '{}')
    INTO sites, services, lasts
    FROM unnest(sites, services, lasts) WITH ORDINALITY AS t(s, v, l, n) WHERE l IS NOT NULL;
  END LOOP;
  RETURN taken;
END $$;

CREATE OR REPLACE FUNCTION first_ready(p_queue job_queue, p_level smallint, p_past_priority smallint, p_past_site bigint,
                            p_past_service bigint, p_past bigint, OUT priority smallint, OUT site bigint,
                            OUT service bigint, OUT id bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  IF p_past IS NULL OR p_level >= p_past_priority THEN
    SELECT j.priority, coalesce(j.site_id, 0), coalesce(j.service_id, 0), j.id INTO priority, site, service, id
    FROM job j
    WHERE j.queue = p_queue AND j.admitted AND j.session_id IS NULL AND j.priority > p_level
    ORDER BY j.priority, coalesce(j.site_id, 0), coalesce(j.service_id, 0), j.id LIMIT 1;
    RETURN;
  END IF;
  -- What comes before that lane: a comparison of rows can't end a pass of the index, so each column has its own.
  SELECT j.priority, coalesce(j.site_id, 0), coalesce(j.service_id, 0), j.id INTO priority, site, service, id
  FROM job j
  WHERE j.queue = p_queue AND j.admitted AND j.session_id IS NULL AND j.priority > p_level AND j.priority < p_past_priority
  ORDER BY j.priority, coalesce(j.site_id, 0), coalesce(j.service_id, 0), j.id LIMIT 1;
  IF FOUND THEN RETURN; END IF;
  SELECT j.priority, coalesce(j.site_id, 0), coalesce(j.service_id, 0), j.id INTO priority, site, service, id
  FROM job j
  WHERE j.queue = p_queue AND j.admitted AND j.session_id IS NULL AND j.priority = p_past_priority
    AND coalesce(j.site_id, 0) < p_past_site
  ORDER BY coalesce(j.site_id, 0), coalesce(j.service_id, 0), j.id LIMIT 1;
  IF FOUND THEN RETURN; END IF;
  SELECT j.priority, coalesce(j.site_id, 0), coalesce(j.service_id, 0), j.id INTO priority, site, service, id
  FROM job j
  WHERE j.queue = p_queue AND j.admitted AND j.session_id IS NULL AND j.priority = p_past_priority
    AND coalesce(j.site_id, 0) = p_past_site AND coalesce(j.service_id, 0) < p_past_service
  ORDER BY coalesce(j.service_id, 0), j.id LIMIT 1;
  IF FOUND THEN RETURN; END IF;
  SELECT j.priority, coalesce(j.site_id, 0), coalesce(j.service_id, 0), j.id INTO priority, site, service, id
  FROM job j
  WHERE j.queue = p_queue AND j.admitted AND j.session_id IS NULL
    AND (j.priority, coalesce(j.site_id, 0), coalesce(j.service_id, 0), j.id)
        > (p_past_priority, p_past_site, p_past_service, p_past)
  ORDER BY j.priority, coalesce(j.site_id, 0), coalesce(j.service_id, 0), j.id LIMIT 1;
END $$;

CREATE FUNCTION ready_by_turns(p_queue job_queue, p_only bigint, p_count integer, p_skip integer, p_spread boolean,
                               p_site bigint, p_service bigint, p_lock boolean,
                               p_past_priority smallint DEFAULT NULL, p_past_site bigint DEFAULT NULL,
                               p_past_service bigint DEFAULT NULL, p_past bigint DEFAULT NULL) RETURNS tid[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp SET enable_seqscan = off SET enable_sort = off
SET enable_bitmapscan = off AS $$
DECLARE
  taken   tid[] := '{}';
  skipped smallint[] := '{}';
  level   smallint := -32768;
  room    integer;
  first   record;
BEGIN
  WHILE cardinality(taken) < p_count LOOP
    SELECT * INTO first FROM first_ready(p_queue, level, p_past_priority, p_past_site, p_past_service, p_past);
    EXIT WHEN first.id IS NULL;
    level := first.priority;
    IF cardinality(skipped) < p_skip THEN
      skipped := skipped || level;
      CONTINUE;
    END IF;
    room := p_count - cardinality(taken);
    IF p_spread THEN room := room - room / 8; END IF;
    taken := taken || ready_of_priority(p_queue, level, p_only, room, p_site, p_service, p_lock,
                                        first.site, first.service, first.id, p_past_site, p_past_service,
                                        CASE WHEN level = p_past_priority THEN p_past END);
  END LOOP;
  FOREACH level IN ARRAY skipped LOOP
    EXIT WHEN cardinality(taken) >= p_count;
    taken := taken || ready_of_priority(p_queue, level, p_only, p_count - cardinality(taken), p_site, p_service,
                                        p_lock, NULL, NULL, NULL, p_past_site, p_past_service,
                                        CASE WHEN level = p_past_priority THEN p_past END);
  END LOOP;
  RETURN taken;
END $$;

-- Jobs of lapsed sessions and, if all that runs is to be looked at, those far past their deadline or of no session at
-- all; locked, with whether that was a crash. A drain that was cut short is no crash: nothing says that the job did it.
-- It reads the table from end to end, and only if there is a cause: an index holds what ran and ended for as long as
-- any transaction may want to see it.
CREATE FUNCTION lost_jobs(p_count integer, p_grace interval, p_whole boolean)
RETURNS TABLE (id bigint, crashed integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp
SET enable_seqscan = on SET enable_indexscan = off SET enable_bitmapscan = off AS $$
DECLARE
  lapsed bigint[] := ARRAY(SELECT session.id FROM session WHERE expires_at <= now());
  known  bigint[] := CASE WHEN p_whole THEN ARRAY(SELECT session.id FROM session) END;
BEGIN
  IF NOT p_whole AND cardinality(lapsed) = 0 THEN RETURN; END IF;
  RETURN QUERY
    SELECT job.id, coalesce((SELECT NOT draining FROM session WHERE session.id = job.session_id), true)::integer
    FROM job
    WHERE session_id = ANY (lapsed)
       OR p_whole AND session_id IS NOT NULL AND (run_deadline + p_grace < now() OR session_id <> ALL (known))
    ORDER BY job.id LIMIT p_count FOR UPDATE SKIP LOCKED;
END $$;

-- Removes the sessions that lapsed more than a second ago and hold no job any more; how many.
CREATE FUNCTION forget_sessions() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp SET enable_seqscan = on SET enable_nestloop = off AS $$
DECLARE
  gone integer;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM session WHERE expires_at < now() - interval '1 second') THEN RETURN 0; END IF;
  DELETE FROM session WHERE expires_at < now() - interval '1 second'
    AND NOT EXISTS (SELECT 1 FROM job WHERE job.session_id = session.id);
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END $$;

-- ---- What admits jobs.

CREATE OR REPLACE FUNCTION limit_room(p_key text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  limits  job_limit;
  room    integer := 1000;
  burst   integer;
BEGIN
  SELECT * INTO limits FROM job_limit WHERE key = p_key FOR UPDATE;
  IF NOT FOUND THEN RETURN room; END IF;
  IF limits.parallel IS NOT NULL THEN
    room := limits.parallel - (SELECT count(*) FROM job
                               WHERE limit_key = p_key AND admitted);
  END IF;
  IF limits.per_minute IS NOT NULL THEN
    burst := greatest(1, limits.per_minute / 10);
    limits.tokens := least(burst, limits.tokens + (limits.per_minute - burst + 1) / 60.0
                                    * extract(epoch FROM clock_timestamp() - limits.refilled_at));
    UPDATE job_limit SET tokens = limits.tokens, refilled_at = clock_timestamp() WHERE key = p_key;
    room := least(room, floor(limits.tokens),
                  burst - (SELECT count(*) FROM job WHERE limit_key = p_key AND admitted AND session_id IS NULL));
  END IF;
  RETURN greatest(room, 0);
END $$;

CREATE OR REPLACE FUNCTION make_ready(p_id bigint)
RETURNS TABLE (id bigint, queue job_queue, site_id bigint, service_id bigint, priority smallint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  made job;
BEGIN
  UPDATE job SET admitted = true WHERE job.id = p_id AND NOT admitted RETURNING job.* INTO made;
  IF NOT FOUND THEN RETURN; END IF;
  IF made.limit_key IS NOT NULL THEN
    UPDATE job_limit SET tokens = tokens - 1 WHERE key = made.limit_key AND per_minute IS NOT NULL;
  END IF;
  RETURN QUERY SELECT made.id, made.queue, made.site_id, made.service_id, made.priority;
EXCEPTION WHEN unique_violation THEN
  RETURN;
END $$;

CREATE OR REPLACE FUNCTION promote(p_keys text[], p_limits text[])
RETURNS TABLE (id bigint, queue job_queue, site_id bigint, service_id bigint, priority smallint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  wanted text;
  chosen bigint;
  -- A person is not told whose jobs go on; the scheduler offers them.
  quiet  boolean := session_user LIKE '%@%';
BEGIN
  FOR wanted IN SELECT DISTINCT l FROM unnest(p_limits) AS l WHERE l IS NOT NULL ORDER BY l LOOP
    FOR turn IN 1..limit_room(wanted) LOOP
      SELECT w.id INTO chosen FROM job w
      WHERE NOT w.admitted AND w.limit_key = wanted AND w.run_at <= now()
        AND (w.concurrency_key IS NULL OR NOT EXISTS (SELECT 1 FROM job h
                                                      WHERE h.concurrency_key = w.concurrency_key
                                                        AND h.admitted))
      ORDER BY w.priority, w.id LIMIT 1 FOR UPDATE SKIP LOCKED;
      EXIT WHEN NOT FOUND;
      IF quiet THEN PERFORM make_ready(chosen); ELSE RETURN QUERY SELECT * FROM make_ready(chosen); END IF;
    END LOOP;
  END LOOP;
  FOR wanted IN SELECT DISTINCT k FROM unnest(p_keys) AS k WHERE k IS NOT NULL ORDER BY k LOOP
    SELECT w.id INTO chosen FROM job w
    WHERE NOT w.admitted AND w.concurrency_key = wanted AND w.run_at <= now()
      AND NOT EXISTS (SELECT 1 FROM job h WHERE h.concurrency_key = wanted AND h.admitted)
      AND (w.limit_key IS NULL OR limit_room(w.limit_key) > 0)
    ORDER BY w.priority, w.id LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF FOUND THEN
      IF quiet THEN PERFORM make_ready(chosen); ELSE RETURN QUERY SELECT * FROM make_ready(chosen); END IF;
    END IF;
  END LOOP;
END $$;

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

CREATE OR REPLACE FUNCTION set_job_limit(p_key text, p_queue job_queue, p_parallel integer, p_per_minute integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  PERFORM require_admin();
  IF p_parallel IS NULL AND p_per_minute IS NULL THEN
    DELETE FROM job_limit WHERE key = p_key;
    IF NOT FOUND THEN RETURN false; END IF;
    RETURN true;
  END IF;
  INSERT INTO job_limit (key, parallel, per_minute) VALUES (p_key, p_parallel, p_per_minute)
  ON CONFLICT (key) DO UPDATE SET parallel = excluded.parallel, per_minute = excluded.per_minute;
  UPDATE job SET limit_key = p_key,
                 admitted = session_id IS NOT NULL
  WHERE limit_key IS NULL AND queue = p_queue AND limit_key_of(queue, site_id, subject_id) = p_key;
  RETURN true;
END $$;
