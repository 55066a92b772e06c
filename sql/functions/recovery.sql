-- What lapsed sessions leave behind.

-- Jobs of lapsed sessions and, if all that runs is to be looked at, those far past their deadline or of no session at
-- all; locked, with whether that was a crash. A drain that was cut short is no crash: nothing says that the job did it.
-- It reads the table from end to end, and only if there is a cause: an index holds what ran and ended for as long as
-- any transaction may want to see it.
CREATE OR REPLACE FUNCTION lost_jobs(p_count integer, p_grace interval, p_whole boolean)
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
CREATE OR REPLACE FUNCTION forget_sessions() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp
SET enable_seqscan = on SET enable_nestloop = off AS $$
DECLARE
  gone integer;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM session WHERE expires_at < now() - interval '1 second') THEN RETURN 0; END IF;
  DELETE FROM session WHERE expires_at < now() - interval '1 second'
    AND NOT EXISTS (SELECT 1 FROM job WHERE job.session_id = session.id);
  GET DIAGNOSTICS gone = ROW_COUNT;
  RETURN gone;
END $$;
