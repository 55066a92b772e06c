-- Where the ready jobs of a queue begin, as far as anybody knows who claimed them (sql/functions/fronts.sql). A sequence
-- each: what it holds is changed where it lies and at once for everybody, while a row would gather a version for each
-- claim, and make claims wait for each other's commits.
CREATE SEQUENCE front_csr;
CREATE SEQUENCE front_order;
CREATE SEQUENCE front_apply;
CREATE SEQUENCE front_verify;
CREATE SEQUENCE front_mail;
DROP FUNCTION IF EXISTS ready_by_turns(job_queue, bigint, integer, integer, boolean, bigint, bigint, boolean, smallint,
                                       bigint, bigint, bigint);
