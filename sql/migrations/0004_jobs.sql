-- The job engine (DESIGN section 3, docs/architecture.md). `job` holds live jobs only.

CREATE TYPE job_queue AS ENUM ('csr', 'order', 'apply', 'verify', 'mail');
-- waiting: not due yet, or another job holds its concurrency key; ready: may be claimed; running: claimed.
CREATE TYPE job_state AS ENUM ('waiting', 'ready', 'running');
CREATE TYPE job_outcome AS ENUM ('done', 'failed', 'cancelled');

-- One row a worker process. Lives on the database's clock; when it lapses, its jobs are taken back.
CREATE TABLE session (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  queue      job_queue NOT NULL,
  host       text NOT NULL,
  pid        integer NOT NULL,
  site_id    bigint,
  slots      integer NOT NULL,
  draining   boolean NOT NULL DEFAULT false,
  started_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50);

CREATE TABLE job (
  id              bigint GENERATED ALWAYS AS IDENTITY (CACHE 64) PRIMARY KEY,
  queue           job_queue NOT NULL,
  state           job_state NOT NULL,
  priority        smallint NOT NULL,          -- 0 is the most urgent
  attempts_failed smallint NOT NULL DEFAULT 0,
  attempts_max    smallint NOT NULL,
  deliveries      smallint NOT NULL DEFAULT 0,
  crashes         smallint NOT NULL DEFAULT 0,   -- deliveries whose worker vanished
  request_no      integer NOT NULL DEFAULT 0,
  cancel          boolean NOT NULL DEFAULT false,
  fence           bigint NOT NULL DEFAULT 0,  -- never reset
  session_id      bigint,
  site_id         bigint,
  service_id      bigint,
  node_id         bigint,
  subject_id      bigint NOT NULL DEFAULT 0,  -- what the kind is about: an order, an apply, a mail, a node
  kind            text NOT NULL,
  run_at          timestamptz NOT NULL DEFAULT now(),
  created_at      timestamptz NOT NULL DEFAULT now(),
  started_at      timestamptz,
  run_deadline    timestamptz,
  time_limit      interval NOT NULL,
  concurrency_key text,
  dedupe_key      text,
  error           text,
  error_id        integer,
  CHECK ((state = 'running') = (session_id IS NOT NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
        autovacuum_vacuum_cost_delay = 0);

CREATE INDEX job_ready ON job (queue, priority, id) WHERE state = 'ready';
CREATE INDEX job_running ON job (session_id) WHERE state = 'running';
CREATE INDEX job_waiting ON job (run_at) WHERE state = 'waiting';
CREATE INDEX job_waiting_key ON job (concurrency_key, priority, id)
  WHERE state = 'waiting' AND concurrency_key IS NOT NULL;
CREATE UNIQUE INDEX job_dedupe ON job (dedupe_key) WHERE dedupe_key IS NOT NULL;
-- I3 by the database itself: one concurrency key is held by one job at most.
CREATE UNIQUE INDEX job_key_holder ON job (concurrency_key)
  WHERE concurrency_key IS NOT NULL AND state IN ('ready', 'running');

CREATE TABLE job_history (
  id              bigint NOT NULL,
  ended_at        timestamptz NOT NULL DEFAULT now(),
  created_at      timestamptz NOT NULL,
  started_at      timestamptz,
  queue           job_queue NOT NULL,
  outcome         job_outcome NOT NULL,
  priority        smallint NOT NULL,
  attempts_failed smallint NOT NULL,
  deliveries      smallint NOT NULL,
  crashes         smallint NOT NULL,
  request_no      integer NOT NULL,
  fence           bigint NOT NULL,
  session_id      bigint,
  site_id         bigint,
  service_id      bigint,
  node_id         bigint,
  subject_id      bigint NOT NULL,
  kind            text NOT NULL,
  error           text,
  error_id        integer
) PARTITION BY RANGE (ended_at);
CREATE INDEX job_history_by_id ON job_history (id);

-- Dead: past a limit. Kept, shown, and sent again only by hand.
CREATE TABLE job_dead (LIKE job INCLUDING DEFAULTS, died_at timestamptz NOT NULL DEFAULT now());
ALTER TABLE job_dead ADD PRIMARY KEY (id);

-- Traces as stored: rendered when read (DESIGN section 8).
CREATE TABLE trace (
  id         bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
  at         timestamptz NOT NULL,
  level      "char" NOT NULL CHECK (level IN ('I', 'W', 'E')),
  module     text NOT NULL,
  code       integer NOT NULL,
  request_no integer NOT NULL DEFAULT 0,
  args       text[] NOT NULL DEFAULT '{}',
  service_id bigint,
  node_id    bigint,
  job_id     bigint
) PARTITION BY RANGE (at);
CREATE INDEX trace_by_id ON trace (id);
CREATE INDEX trace_by_service ON trace (service_id, id) WHERE service_id IS NOT NULL;
CREATE INDEX trace_by_request ON trace (request_no, id) WHERE request_no <> 0;

CREATE TABLE job_history_default PARTITION OF job_history DEFAULT;
CREATE TABLE trace_default PARTITION OF trace DEFAULT;
