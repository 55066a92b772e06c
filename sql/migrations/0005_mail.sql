-- Mails to be sent: the durable intent with its stable Message-ID. A job mail.send refers to each.
CREATE TABLE mail (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  message_id      text NOT NULL UNIQUE,
  event           text NOT NULL,     -- lib/domain/mail_event.h
  event_key       text UNIQUE,       -- one certificate and threshold make one event
  notification_id bigint NOT NULL REFERENCES notification_table ON DELETE CASCADE,
  service_id      bigint NOT NULL REFERENCES service ON DELETE CASCADE,
  node_id         bigint REFERENCES node ON DELETE CASCADE,
  request_no      integer NOT NULL DEFAULT 0,
  error           text,              -- what the event reports as its failure, rendered lines of the trace
  not_after       timestamptz,       -- for expiry events
  created_at      timestamptz NOT NULL DEFAULT now(),
  sent_at         timestamptz
);
CREATE INDEX mail_unsent ON mail (id) WHERE sent_at IS NULL;
