-- The columns of `job` in the order in which the server reads them fastest: what is always there and of fixed length
-- first, so that it is found without a walk through what comes before it. Each claim and each end compare the indexed
-- columns of a row, and the last of these stood behind twelve that may be missing: a tenth of what a claim costs.
-- Nothing else changes. The functions and policies that name the table are made anew after the migrations.
CREATE TABLE kept_job AS SELECT * FROM job;
CREATE TABLE kept_number AS SELECT last_value, is_called FROM job_id_seq;
DROP TABLE job CASCADE;
CREATE TABLE job (
  id              bigint GENERATED ALWAYS AS IDENTITY (CACHE 64) PRIMARY KEY,
  fence           bigint NOT NULL DEFAULT 0,     -- never reset
  subject_id      bigint NOT NULL DEFAULT 0,     -- what the kind is about: an order, an apply, a mail, a node
  run_at          timestamptz NOT NULL DEFAULT now(),
  created_at      timestamptz NOT NULL DEFAULT now(),
  time_limit      interval NOT NULL,
  queue           job_queue NOT NULL,
  request_no      integer NOT NULL DEFAULT 0,
  priority        smallint NOT NULL,             -- 0 is the most urgent
  attempts_failed smallint NOT NULL DEFAULT 0,
  attempts_max    smallint NOT NULL,
  deliveries      smallint NOT NULL DEFAULT 0,
  crashes         smallint NOT NULL DEFAULT 0,   -- deliveries whose worker vanished
  admitted        boolean NOT NULL,              -- its time has come, and it holds its key and its limit
  cancel          boolean NOT NULL DEFAULT false,
  parked          boolean NOT NULL DEFAULT false,
  kind            text NOT NULL,
  session_id      bigint,                        -- who runs it
  site_id         bigint,
  service_id      bigint,
  node_id         bigint,
  started_at      timestamptz,
  run_deadline    timestamptz,
  concurrency_key text,
  limit_key       text,
  dedupe_key      text,
  error           text,
  error_id        integer,
  CHECK (admitted OR session_id IS NULL)
) WITH (fillfactor = 45, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_cost_delay = 0);

INSERT INTO job (id, fence, subject_id, run_at, created_at, time_limit, queue, request_no, priority, attempts_failed,
                 attempts_max, deliveries, crashes, admitted, cancel, parked, kind, session_id, site_id, service_id,
                 node_id, started_at, run_deadline, concurrency_key, limit_key, dedupe_key, error, error_id)
  OVERRIDING SYSTEM VALUE
SELECT id, fence, subject_id, run_at, created_at, time_limit, queue, request_no, priority, attempts_failed,
       attempts_max, deliveries, crashes, admitted, cancel, parked, kind, session_id, site_id, service_id,
       node_id, started_at, run_deadline, concurrency_key, limit_key, dedupe_key, error, error_id
FROM kept_job;
SELECT setval('job_id_seq', last_value, is_called) FROM kept_number;
DROP TABLE kept_job, kept_number;

-- No index here names who runs a job (0019_claims_in_place.sql).
CREATE INDEX job_lane ON job (queue, priority, coalesce(site_id, 0), coalesce(service_id, 0), id) WHERE admitted;
CREATE INDEX job_waiting ON job (run_at) WHERE NOT admitted;
CREATE INDEX job_waiting_key ON job (concurrency_key, priority, id)
  WHERE NOT admitted AND concurrency_key IS NOT NULL;
CREATE INDEX job_waiting_limit ON job (limit_key, priority, id) WHERE NOT admitted AND limit_key IS NOT NULL;
CREATE INDEX job_limit_holder ON job (limit_key) WHERE admitted AND limit_key IS NOT NULL;
CREATE UNIQUE INDEX job_key_holder ON job (concurrency_key) WHERE admitted AND concurrency_key IS NOT NULL;
CREATE UNIQUE INDEX job_dedupe ON job (dedupe_key) WHERE dedupe_key IS NOT NULL;
CREATE INDEX job_cancelled ON job (id) WHERE cancel;
CREATE INDEX job_parked ON job (kind, id) WHERE parked;
