-- What each worker process tells of itself with its session, for the engine and for `certfleet doctor`.
ALTER TABLE session
  ADD COLUMN kinds         text[] NOT NULL DEFAULT '{}',  -- the kinds of jobs that it has a handler for
  ADD COLUMN clock_error_s real;  -- its host's clock less the database's, at its last heartbeat

-- Met by a worker that had no handler for its kind: it waits for one of a newer version.
ALTER TABLE job ADD COLUMN parked boolean NOT NULL DEFAULT false;
CREATE INDEX job_parked ON job (kind, id) WHERE parked;
