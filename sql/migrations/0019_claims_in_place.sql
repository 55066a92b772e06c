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

-- These two now return where the rows are, and no numbers (sql/functions/claims.sql).
DROP FUNCTION IF EXISTS ready_of_priority(job_queue, smallint, bigint, integer, bigint, bigint, boolean, bigint, bigint,
                                          bigint, bigint, bigint, bigint);
DROP FUNCTION IF EXISTS ready_by_turns(job_queue, bigint, integer, integer, boolean, bigint, bigint, boolean, smallint,
                                       bigint, bigint, bigint);
