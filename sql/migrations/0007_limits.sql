-- Limits: how many jobs at once, and how many a minute, may work with one CA account or on one site.
-- The lease is the job's own state: whoever is ready or running holds its limit, under its fence, until the
-- statement that ends or puts back the job. So no lease leaks, and none is freed twice.

CREATE TABLE job_limit (
  key         text PRIMARY KEY,  -- 'ca:7': orders with that CA account; 'site:3/apply': the queue's jobs for that site
  parallel    integer CHECK (parallel >= 1),    -- jobs at once
  per_minute  integer CHECK (per_minute >= 1),  -- jobs made ready in any minute
  tokens      double precision NOT NULL DEFAULT 1,
  refilled_at timestamptz NOT NULL DEFAULT now(),
  CHECK (parallel IS NOT NULL OR per_minute IS NOT NULL)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50);

-- Set only while there is such a limit, so that where nothing is limited nothing is paid for it.
ALTER TABLE job ADD COLUMN limit_key text;
ALTER TABLE job_dead ADD COLUMN limit_key text;
CREATE INDEX job_limit_holder ON job (limit_key) WHERE state IN ('ready', 'running') AND limit_key IS NOT NULL;
CREATE INDEX job_waiting_limit ON job (limit_key, priority, id) WHERE state = 'waiting' AND limit_key IS NOT NULL;

-- Its place is promote's.
DROP FUNCTION IF EXISTS promote_keys(text[]);
