-- A limit that is gone holds nobody: neither the dead, when they are sent again.
UPDATE job_dead SET limit_key = NULL WHERE limit_key IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM job_limit l WHERE l.key = job_dead.limit_key);
