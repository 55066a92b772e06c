-- What a claim takes, and what the scheduler's look offers: fair order among ready jobs. Of one priority the sites and
-- services take turns, in one service the oldest goes first (docs/architecture.md, Fairness). The lanes are
-- found by lanes.sql.
-- Of the lane of the front (fronts.sql), which is (p_past_priority, p_past_site, p_past_service), jobs up to p_past are
-- not looked at. Null: all is looked at.
-- Both return where the rows are: what is locked stays there, and is updated without a second way through the primary
-- key.
-- The functions run as their owner: under row-level security, which shows daemons everything anyway, the planner does
-- not see that the index already has the order that is asked for, and sorts all that is ready for each claim.

-- Up to p_count ready jobs of one priority, from its lanes in turn as evenly as they have them. The first is
-- the lane after (p_site, p_service), and of more lanes than jobs wanted the rest is left for another call.
-- p_first…: the priority's first job of all, if it is known.
CREATE OR REPLACE FUNCTION ready_of_priority(p_queue job_queue, p_priority smallint, p_only bigint, p_count integer,
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
  -- Whoever comes meanwhile begins behind what is going to be taken here, as far as ids have no gaps. For few jobs it is
  -- not worth a record in the log.
  IF p_lock AND p_count >= 64 AND cardinality(sites) = 1 AND sites[1] = p_past_site AND services[1] = p_past_service THEN
    PERFORM set_front(p_queue, (front_now(p_queue)).id, lasts[1] + p_count);
  END IF;

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

-- Up to p_count ready jobs of a queue, the most urgent first, by turns. p_only: of one site and of none.
-- p_skip: so many priorities are asked last; a caller who skips one now and then starves nobody.
-- p_spread: no priority takes the last eighth of what is left, so that others are seen beside it.
-- p_lock: locks them and leaves out what others have locked; such a claim moves the front.
-- p_whole: looks behind the front, too, as it always does for one site.
-- The planner must not sort here: it knows too little of a table whose rows come and go this fast.
CREATE OR REPLACE FUNCTION ready_by_turns(p_queue job_queue, p_only bigint, p_count integer, p_skip integer,
                                          p_spread boolean, p_site bigint, p_service bigint, p_lock boolean,
                                          p_whole boolean) RETURNS tid[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp SET enable_seqscan = off SET enable_sort = off
SET enable_bitmapscan = off AS $$
DECLARE
  taken          tid[] := '{}';
  skipped        smallint[] := '{}';
  level          smallint := -32768;
  room           integer;
  first          record;
  front_priority smallint;
  front_site     bigint;
  front_service  bigint;
  front          bigint;
  past           bigint;  -- where it is begun, if not at the beginning
BEGIN
  IF p_only IS NULL THEN
    SELECT * INTO front_priority, front_site, front_service, front, past FROM front_of(p_queue);
    IF p_whole OR front IS NULL THEN past := NULL; END IF;
  END IF;
  WHILE cardinality(taken) < p_count LOOP
    SELECT * INTO first FROM first_ready(p_queue, level, front_priority, front_site, front_service, past);
    EXIT WHEN first.id IS NULL;
    level := first.priority;
    IF cardinality(skipped) < p_skip THEN
      skipped := skipped || level;
      CONTINUE;
    END IF;
    room := p_count - cardinality(taken);
    IF p_spread THEN room := room - room / 8; END IF;
    taken := taken || ready_of_priority(p_queue, level, p_only, room, p_site, p_service, p_lock,
                                        first.site, first.service, first.id, front_site, front_service,
                                        CASE WHEN level = front_priority THEN past END);
  END LOOP;
  FOREACH level IN ARRAY skipped LOOP
    EXIT WHEN cardinality(taken) >= p_count;
    taken := taken || ready_of_priority(p_queue, level, p_only, p_count - cardinality(taken), p_site, p_service,
                                        p_lock, NULL, NULL, NULL, front_site, front_service,
                                        CASE WHEN level = front_priority THEN past END);
  END LOOP;
  IF p_lock AND p_only IS NULL THEN
    PERFORM move_front(p_queue, taken, cardinality(taken) = p_count, past IS NOT NULL, front_priority, front_site,
                       front_service, front);
  END IF;
  RETURN taken;
END $$;
