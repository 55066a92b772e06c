-- The CURVE keys that brokers admit. What a peer may say follows from its row.
CREATE TABLE peer (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name        text NOT NULL UNIQUE CHECK (name <> ''),
  role        text NOT NULL CHECK (role IN ('broker', 'scheduler', 'worker')),
  queue       job_queue,
  public_key  text NOT NULL UNIQUE CHECK (length(public_key) = 40),   -- Z85
  enrolled_at timestamptz NOT NULL DEFAULT now(),
  revoked_at  timestamptz,
  CHECK ((role = 'worker') = (queue IS NOT NULL))
);

-- Each change by a person: who, when, what, before and after, no secret.
CREATE TABLE audit (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at         timestamptz NOT NULL DEFAULT clock_timestamp(),
  who        text NOT NULL DEFAULT session_user,
  action     text NOT NULL CHECK (action IN ('INSERT', 'UPDATE', 'DELETE')),
  table_name text NOT NULL,
  row_id     text,
  before     jsonb,
  after      jsonb
);
