-- Orders in error (manual 6.1, 8.6.2): those that failed, and those that met an error and are tried again.

ALTER TABLE service ADD COLUMN order_in_error boolean NOT NULL DEFAULT false;   -- of the newest order
-- Counted by the dashboard, and few among many.
CREATE INDEX service_order_in_error ON service (id) INCLUDE (group_id, enabled) WHERE order_in_error;

-- That is no change by anybody: neither a revision nor the audit log tells of it.
ALTER TABLE service DISABLE TRIGGER USER;
UPDATE service s SET order_in_error = true
WHERE (SELECT o.state = 'failed' OR o.ended_at IS NULL AND o.error IS NOT NULL
       FROM ca_order o WHERE o.service_id = s.id ORDER BY o.id DESC LIMIT 1);
ALTER TABLE service ENABLE TRIGGER USER;

-- Orders of a state, newest first.
CREATE INDEX ca_order_by_state ON ca_order (state, id);

-- Revisions of schedules too.
ALTER TABLE schedule ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
                     ADD COLUMN revision bigint NOT NULL DEFAULT 1;
