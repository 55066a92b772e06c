-- What a live job is doing, written `job.state` (the table's name or its alias must stand before it). Not due yet or
-- without its key or limit: waiting; may be claimed: ready; claimed: running.
-- No index has this expression, so a condition on it never makes the planner take the index of all that is admitted for
-- the way to a few jobs that it finds by their ids. Without settings of its own it is part of the statement's plan.
CREATE OR REPLACE FUNCTION state(job) RETURNS job_state LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN $1.session_id IS NOT NULL THEN 'running'::certfleet.job_state
              WHEN $1.admitted THEN 'ready'::certfleet.job_state
              ELSE 'waiting'::certfleet.job_state END
$$;
