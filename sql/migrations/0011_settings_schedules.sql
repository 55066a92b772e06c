-- Settings that decide when and how long: completion timers, the set times of the batch runs; the daemons'
-- own signs of life; what the dashboard and the log look for.

-- Manual 6.2.2: how long one attempt of each kind of work may take. Bounds as in lib/domain/settings.h.
ALTER TABLE settings
  ADD COLUMN csr_timer_s    integer NOT NULL DEFAULT 120 CHECK (csr_timer_s BETWEEN 10 AND 600),
  ADD COLUMN order_timer_s  integer NOT NULL DEFAULT 600 CHECK (order_timer_s BETWEEN 60 AND 3600),
  ADD COLUMN apply_timer_s  integer NOT NULL DEFAULT 300 CHECK (apply_timer_s BETWEEN 60 AND 3600),
  ADD COLUMN verify_timer_s integer NOT NULL DEFAULT 60  CHECK (verify_timer_s BETWEEN 5 AND 600),
  ADD COLUMN mail_timer_s   integer NOT NULL DEFAULT 60  CHECK (mail_timer_s BETWEEN 10 AND 600);

-- An IPv6 address stands in brackets.
ALTER TABLE settings DROP CONSTRAINT settings_proxy_check,
  ADD CONSTRAINT settings_proxy_check CHECK (proxy ~ '^([^][[:space:]:]+|\[[0-9a-f:.]+\]):[0-9]+$');

-- Manual 6.7.3: the interval at which the CA is asked how an order stands; none: as the CA itself proposes.
ALTER TABLE notification_table
  ADD COLUMN order_interval_min integer CHECK (order_interval_min BETWEEN 1 AND 1440);

-- The set times of the batch runs: a row each, none can be added or removed. The row is advanced in the
-- transaction that does the run's work, so a run happens at most once, and once if any scheduler lives.
CREATE TABLE schedule (
  task        text PRIMARY KEY CHECK (task IN ('expiry-scan', 'orders', 'applies', 'verify')),
  enabled     boolean NOT NULL,
  cron        text NOT NULL,      -- five fields; lib/domain/cron.h
  time_zone   text,               -- none: the installation's
  within_days integer CHECK (within_days BETWEEN 1 AND 365),   -- orders: of what ends within so many days
  due_at      timestamptz,        -- the next run, or the one that was missed; none: not planned yet
  after_id    bigint NOT NULL DEFAULT 0,   -- how far the run that is being made has come
  ran_at      timestamptz,        -- when the last run was made
  ran_due_at  timestamptz,        -- and for which time
  CHECK ((task = 'orders') = (within_days IS NOT NULL))
);
INSERT INTO schedule (task, enabled, cron, within_days) VALUES
  ('expiry-scan', true, '0 6 * * *', NULL),
  ('verify', true, '0 3 * * *', NULL),
  ('orders', false, '0 1 * * *', 30),
  ('applies', false, '0 2 * * sun', NULL);

-- The last threshold of its expiry that the log was told of: days before the end, 0 for the end itself.
ALTER TABLE certificate ADD COLUMN expiry_told integer;

-- Brokers and schedulers show that they live, as workers do by their session.
CREATE TABLE daemon (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  program    text NOT NULL CHECK (program IN ('scheduler', 'broker')),
  host       text NOT NULL,
  pid        integer NOT NULL,
  endpoint   text,                -- where a broker listens
  leads      boolean NOT NULL DEFAULT false,   -- the scheduler that leads
  started_at timestamptz NOT NULL,
  seen_at    timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50);
ALTER TABLE session ADD COLUMN seen_at timestamptz NOT NULL DEFAULT now();

-- What the dashboard counts and the log looks for.
CREATE INDEX ca_order_failed ON ca_order (service_id, id) WHERE state = 'failed';
CREATE INDEX ca_order_live ON ca_order (state, scheduled_at) WHERE ended_at IS NULL;
CREATE INDEX node_by_apply_status ON node (apply_status, id)
  WHERE apply_status IN ('scheduled', 'started', 'failed', 'rolled_back');
CREATE INDEX trace_by_node ON trace (node_id, id) WHERE node_id IS NOT NULL;
CREATE INDEX trace_by_time ON trace (at, id);
CREATE INDEX trace_grave ON trace (id) WHERE level <> 'I';
-- Alone enough to find a service's newest certificate, and those that end soon.
CREATE INDEX certificate_newest ON certificate (service_id, not_after, id);
DROP INDEX certificate_by_expiry;
CREATE INDEX certificate_by_expiry ON certificate (not_after, service_id, id);
