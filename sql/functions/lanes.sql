-- Where ready jobs wait: a lane is what waits for one site and service at one priority. The index job_lane has all that
-- is admitted in the order of the lanes; these go through it for claims.sql, past those that somebody runs.
-- What stood at the front of the index and was claimed is passed by at each look, until the server may forget it, which
-- a long transaction puts off. So there is one pass, and it may begin behind the front (p_past…, see claims.sql).

-- The lane after the given one at its priority, of one site and none only if p_only is given. No row at the end.
-- lane_first is the first job there.
CREATE OR REPLACE FUNCTION next_lane(p_queue job_queue, p_priority smallint, p_only bigint, p_past_site bigint,
                                     p_past_service bigint, p_past bigint, INOUT lane_site bigint,
                                     INOUT lane_service bigint, OUT lane_first bigint)
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

-- The first ready job of the priorities after p_level.
CREATE OR REPLACE FUNCTION first_ready(p_queue job_queue, p_level smallint, p_past_priority smallint,
                                       p_past_site bigint, p_past_service bigint, p_past bigint,
                                       OUT priority smallint, OUT site bigint, OUT service bigint,
                                       OUT id bigint)
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
