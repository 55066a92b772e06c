-- One pass through the index of ready jobs instead of three: sql/functions/lanes.sql and claims.sql, with other
-- parameters than before.

DROP FUNCTION IF EXISTS ready_of_priority(job_queue, smallint, bigint, integer, bigint, bigint, boolean);
DROP FUNCTION IF EXISTS next_lane(job_queue, smallint, bigint, bigint, bigint);
DROP FUNCTION IF EXISTS ready_by_turns(job_queue, bigint, integer, integer, boolean, bigint, bigint, boolean);
