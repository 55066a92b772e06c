-- Fair order among ready jobs: of one priority the sites and services take turns, in one service the oldest
-- goes first (docs/architecture.md, Fairness). A lane is what waits for one site and service at one priority.

-- Serves lanes as well as the whole queue, so it stands in for the index by age.
CREATE INDEX job_lane ON job (queue, priority, coalesce(site_id, 0), coalesce(service_id, 0), id)
  WHERE state = 'ready';
DROP INDEX job_ready;
