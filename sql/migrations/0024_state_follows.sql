-- `job.state` becomes a function of the row (sql/functions/job_state.sql). As a stored column its expression was read
-- and planned anew by each statement that wrote a job, which was half of what the claim of a single job costs.
ALTER TABLE job DROP COLUMN state;
ALTER TABLE job_dead DROP COLUMN state;   -- it was always the same
