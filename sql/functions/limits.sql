-- What admits jobs: keys, and limits (how many jobs at once, and how many a minute, may work with one CA account or on
-- one site). The lease is the job's own state: whoever is admitted holds its limit, under its fence, until the
-- statement that ends or puts back the job. So no lease leaks, and none is freed twice.
-- It reaches across groups, whoever asks: keys and limits are held by jobs of all.

-- The limit that a job falls under, if it is set.
CREATE OR REPLACE FUNCTION limit_key_of(p_queue job_queue, p_site bigint, p_subject bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
  SELECT key FROM job_limit
  WHERE key = CASE WHEN p_queue = 'order'
                   THEN 'ca:' || (SELECT ca_account_id FROM ca_order WHERE ca_order.id = p_subject)
                   ELSE 'site:' || p_site || '/' || p_queue END
$$;

-- How many more jobs the limit lets become ready now; many, if it is not set. Locks the limit until the end
-- of the transaction, so that two who ask do not both get the last one.
-- A rate is a bucket of tokens: a tenth of a minute's jobs may start together, and the rest are spread so that
-- no minute sees more than per_minute. What is ready and not yet claimed counts against the bucket, so that
-- jobs that waited for a worker do not start in one burst.
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

-- Makes one waiting job ready and takes a token of its limit. Nothing comes back if somebody else's job took
-- its concurrency key in the same moment.
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

-- Makes waiting jobs ready that are due: as many of each given limit as it has room for, and one of each given
-- concurrency key if nobody holds it. Called in the transaction that frees or asks for them; what two
-- transactions miss of each other, the next promotion finds.
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

-- Sets (both NULL: removes) a limit. Ready jobs that nobody has claimed go back to wait for its room. False if there
-- is none to remove.
CREATE OR REPLACE FUNCTION set_job_limit(p_key text, p_queue job_queue, p_parallel integer, p_per_minute integer)
RETURNS boolean
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

-- A limit that is gone holds nobody: neither the dead, when they are sent again.
CREATE OR REPLACE FUNCTION forget_limit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  UPDATE job SET limit_key = NULL WHERE limit_key = OLD.key;
  UPDATE job_dead SET limit_key = NULL WHERE limit_key = OLD.key;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER forgotten AFTER DELETE ON job_limit FOR EACH ROW EXECUTE FUNCTION forget_limit();
