-- The front of a queue: the last job that was claimed without an offer. What its lane has up to there was passed by, and
-- whoever claims next begins behind it: the index still holds what was claimed and ended, for as long as any transaction
-- may want to see it, and passing by what others have claimed a moment ago costs as much as claiming. It is shared by
-- all workers and the scheduler, and a hint: what stands behind the front (jobs that were put back, or committed late) is
-- found by the next look at everything (lib/store/looks.h). It outlives claims that are rolled back.
-- Its sequence holds the job's id times 4096, plus how many ids after it somebody is about to claim.
CREATE OR REPLACE FUNCTION front_sequence(p_queue job_queue) RETURNS regclass
LANGUAGE sql STABLE AS $$ SELECT ('front_' || p_queue)::regclass $$;

-- id: the front; last: the last id after it that somebody is about to claim.
CREATE OR REPLACE FUNCTION front_now(p_queue job_queue, OUT id bigint, OUT last bigint) LANGUAGE plpgsql AS $$
DECLARE
  held bigint := pg_sequence_last_value(front_sequence(p_queue));
BEGIN
  id := held / 4096;
  last := id + held % 4096;
END $$;

CREATE OR REPLACE FUNCTION set_front(p_queue job_queue, p_id bigint, p_last bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM setval(front_sequence(p_queue), p_id * 4096 + greatest(0, least(4095, p_last - p_id)));
END $$;

-- The front with its lane. No id: nobody has claimed yet, or that job is forgotten.
CREATE OR REPLACE FUNCTION front_of(p_queue job_queue, OUT priority smallint, OUT site bigint, OUT service bigint,
                                    OUT id bigint, OUT last bigint)
LANGUAGE plpgsql AS $$
DECLARE
  front bigint;
BEGIN
  SELECT f.id, f.last INTO front, last FROM front_now(p_queue) AS f;
  SELECT j.priority, coalesce(j.site_id, 0), coalesce(j.service_id, 0), j.id INTO priority, site, service, id
  FROM job j WHERE j.id = front;
  IF FOUND THEN RETURN; END IF;
  SELECT h.priority, coalesce(h.site_id, 0), coalesce(h.service_id, 0), h.id INTO priority, site, service, id
  FROM job_history h WHERE h.id = front LIMIT 1;
END $$;

-- A claim has taken those, and moves the front to the last of them. A full one only ever forward, since others may be
-- ahead, unless it found enough behind the front; one that was not full has seen the end, and nobody is to begin after it.
-- p_front…: the front when it began, and whether it began there.
CREATE OR REPLACE FUNCTION move_front(p_queue job_queue, p_taken tid[], p_full boolean, p_from_front boolean,
                                      p_front_priority smallint, p_front_site bigint, p_front_service bigint,
                                      p_front bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  stands record;
  taken  record;
BEGIN
  SELECT * INTO stands FROM front_now(p_queue);
  IF cardinality(p_taken) = 0 THEN
    IF p_from_front AND (stands.id, stands.last) <> (p_front, p_front) THEN
      PERFORM set_front(p_queue, p_front, p_front);
    END IF;
    RETURN;
  END IF;
  SELECT j.id, (j.priority, coalesce(j.site_id, 0), coalesce(j.service_id, 0))
               = (p_front_priority, p_front_site, p_front_service) AS in_front INTO taken
  FROM job j WHERE j.ctid = p_taken[cardinality(p_taken)];
  IF p_full AND taken.in_front AND taken.id >= p_front THEN
    IF stands.id BETWEEN p_front AND taken.id THEN PERFORM set_front(p_queue, taken.id, stands.last); END IF;
  ELSE
    PERFORM set_front(p_queue, taken.id, taken.id);
  END IF;
END $$;
