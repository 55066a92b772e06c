-- Who sees and changes what (docs/security.md). Here are the columns, triggers and functions that the policies of
-- sql/roles.sql stand on. A person is a login role of the database with a row in app_user; session_user is what he
-- logged in as, whatever SET ROLE he uses.

ALTER TABLE app_user ADD COLUMN password_set_at timestamptz,   -- none: he has a one-time code, or nothing
                     ADD COLUMN code_expires_at timestamptz;   -- of the one-time code
UPDATE app_user SET password_set_at = created_at;

-- ---- Who asks. Each policy calls these once a statement, as (SELECT …).

CREATE FUNCTION is_person() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM app_user WHERE name = session_user AND password_set_at IS NOT NULL)
$$;

CREATE FUNCTION is_admin() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM app_user
                 WHERE name = session_user AND role = 'admin' AND password_set_at IS NOT NULL)
$$;

-- The groups whose services the person sees.
CREATE FUNCTION my_groups() RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
  SELECT coalesce(array_agg(m.group_id), '{}')
  FROM app_user u JOIN group_member m ON m.user_id = u.id
  WHERE u.name = session_user AND u.password_set_at IS NOT NULL
$$;

-- The owner of the installation, who makes it and upgrades it.
CREATE FUNCTION is_owner() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
  SELECT pg_has_role(session_user, nspowner, 'MEMBER') FROM pg_namespace WHERE nspname = 'certfleet'
$$;

CREATE FUNCTION require_admin() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  IF NOT is_admin() AND NOT is_owner() THEN
    RAISE EXCEPTION 'permission denied: only an administrator may do this' USING ERRCODE = '42501';
  END IF;
END $$;

-- ---- To which group a row belongs. What hangs on a service carries the service's group, so that a policy looks at
-- the row alone. The key that refers to both columns keeps it so: when a service changes its group all follow, and
-- nobody can write another group beside a service.

ALTER TABLE service ADD CONSTRAINT service_in_group UNIQUE (id, group_id);

CREATE FUNCTION take_group_of_service() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  -- Without such a service: none. Then a person is refused as he is for a service that he does not see.
  NEW.group_id := (SELECT group_id FROM service WHERE id = NEW.service_id);
  RETURN NEW;
END $$;

CREATE FUNCTION take_group_of_node() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  NEW.group_id := (SELECT group_id FROM node WHERE id = NEW.node_id);
  RETURN NEW;
END $$;

DO $$
DECLARE
  child text;
BEGIN
  FOREACH child IN ARRAY ARRAY['key_spec', 'key_pair', 'csr', 'ca_order', 'certificate', 'node', 'mail'] LOOP
    EXECUTE format('ALTER TABLE %I ADD COLUMN group_id bigint', child);
    EXECUTE format('UPDATE %I c SET group_id = s.group_id FROM service s WHERE s.id = c.service_id', child);
    EXECUTE format('ALTER TABLE %I ADD FOREIGN KEY (service_id, group_id) REFERENCES service (id, group_id)
                    ON UPDATE CASCADE ON DELETE CASCADE', child);
    EXECUTE format('CREATE TRIGGER belongs BEFORE INSERT OR UPDATE OF service_id ON %I
                    FOR EACH ROW EXECUTE FUNCTION take_group_of_service()', child);
  END LOOP;
END $$;
CREATE INDEX mail_by_service ON mail (service_id);
-- To follow the service is no new revision of the node.
SELECT keep_revision('node', 'apply_status', 'served_serial', 'served_sha256', 'served_state', 'served_at', 'group_id');

ALTER TABLE node ADD CONSTRAINT node_in_group UNIQUE (id, group_id);
ALTER TABLE apply ADD COLUMN group_id bigint;
UPDATE apply a SET group_id = n.group_id FROM node n WHERE n.id = a.node_id;
ALTER TABLE apply ADD FOREIGN KEY (node_id, group_id) REFERENCES node (id, group_id)
  ON UPDATE CASCADE ON DELETE CASCADE;
CREATE TRIGGER belongs BEFORE INSERT OR UPDATE OF node_id ON apply
  FOR EACH ROW EXECUTE FUNCTION take_group_of_node();

-- Traces have no keys to what they are about, and outlive it: the group goes on seeing them. They are many: who
-- stores them looks for the group in the same statement (sql/queries/add_traces.sql).
ALTER TABLE trace ADD COLUMN group_id bigint;
UPDATE trace t SET group_id = s.group_id FROM service s WHERE s.id = t.service_id;
CREATE TRIGGER belongs BEFORE INSERT ON trace
  FOR EACH ROW WHEN (NEW.service_id IS NOT NULL AND NEW.group_id IS NULL) EXECUTE FUNCTION take_group_of_service();

CREATE FUNCTION give_traces_to_group() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  UPDATE trace SET group_id = NEW.group_id WHERE service_id = NEW.id;
  RETURN NULL;
END $$;
CREATE TRIGGER traces_follow AFTER UPDATE OF group_id ON service
  FOR EACH ROW WHEN (OLD.group_id <> NEW.group_id) EXECUTE FUNCTION give_traces_to_group();

-- ---- What a person may write into rows that workers live on. With psql he could name any column that the command
-- writes; these hold him to what the command does.

-- Not inside one of the functions here, nor a cascade of a key: these run as the owner.
CREATE FUNCTION by_own_hand() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT current_user <> pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'certfleet'
$$;

CREATE FUNCTION refuse_person(p_why text) RETURNS void
LANGUAGE plpgsql SET search_path = certfleet, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'permission denied: %', p_why USING ERRCODE = '42501';
END $$;

-- Before any other trigger looks at what the row refers to, and might tell of it: the same words for a service that he
-- does not see and for none.
CREATE FUNCTION require_my_service() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM service WHERE id = NEW.service_id AND group_id = ANY (my_groups())) THEN
    RAISE EXCEPTION 'new row violates row-level security policy for table "%"', TG_TABLE_NAME USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION require_my_node() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM node WHERE id = NEW.node_id AND group_id = ANY (my_groups())) THEN
    RAISE EXCEPTION 'new row violates row-level security policy for table "%"', TG_TABLE_NAME USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END $$;

-- What functions of other rooms do for a person with the owner's eyes is an administrator's of this installation.
CREATE FUNCTION require_admin_by_trigger() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  PERFORM require_admin();
  RETURN NULL;
END $$;
CREATE TRIGGER by_admin BEFORE INSERT OR UPDATE OR DELETE ON sealing_key FOR EACH STATEMENT
  WHEN (session_user LIKE '%@%') EXECUTE FUNCTION require_admin_by_trigger();

DO $$
DECLARE
  child text;
BEGIN
  FOREACH child IN ARRAY ARRAY['key_spec', 'csr', 'ca_order', 'node', 'mail'] LOOP
    EXECUTE format('CREATE TRIGGER asked BEFORE INSERT OR UPDATE OF service_id ON %I FOR EACH ROW
                    WHEN (session_user LIKE ''%%@%%'' AND by_own_hand()) EXECUTE FUNCTION require_my_service()', child);
  END LOOP;
END $$;
CREATE TRIGGER asked BEFORE INSERT OR UPDATE OF node_id ON apply FOR EACH ROW
  WHEN (session_user LIKE '%@%' AND by_own_hand()) EXECUTE FUNCTION require_my_node();

CREATE FUNCTION order_by_person() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  IF NEW.csr_id IS NOT NULL
     AND NOT EXISTS (SELECT 1 FROM csr c WHERE c.id = NEW.csr_id AND c.service_id = NEW.service_id) THEN
    PERFORM refuse_person('the CSR is none of the service');
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.state NOT IN ('scheduled', 'started') THEN
      PERFORM refuse_person('an order begins as scheduled or started');
    END IF;
    NEW.requested_by := session_user;
    RETURN NEW;
  END IF;
  IF OLD.ended_at IS NOT NULL THEN
    PERFORM refuse_person('the order has ended');
  ELSIF OLD.state <> 'scheduled' AND NEW.csr_id IS DISTINCT FROM OLD.csr_id THEN
    PERFORM refuse_person('the order is under way');
  ELSIF NEW.state NOT IN (OLD.state, 'cancelled') AND (OLD.state, NEW.state) <> ('scheduled', 'started') THEN
    PERFORM refuse_person('only workers say how an order goes');
  ELSIF NEW.state = 'cancelled' AND EXISTS (SELECT 1 FROM job WHERE job.subject_id = NEW.id
                                            AND job.kind IN ('csr.make', 'order.place')) THEN
    PERFORM refuse_person('the order is under way: its worker ends it');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER by_person BEFORE INSERT OR UPDATE ON ca_order
  FOR EACH ROW WHEN (session_user LIKE '%@%' AND by_own_hand()) EXECUTE FUNCTION order_by_person();

CREATE FUNCTION apply_by_person() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  IF NEW.certificate_id IS NOT NULL AND NOT EXISTS (
       SELECT 1 FROM certificate c JOIN node n ON n.service_id = c.service_id
       WHERE c.id = NEW.certificate_id AND n.id = NEW.node_id) THEN
    PERFORM refuse_person('the certificate is none of the node''s service');
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.state NOT IN ('scheduled', 'started') THEN
      PERFORM refuse_person('an apply begins as scheduled or started');
    END IF;
    NEW.requested_by := session_user;
    RETURN NEW;
  END IF;
  IF OLD.ended_at IS NOT NULL THEN
    PERFORM refuse_person('the apply has ended');
  ELSIF OLD.state = 'started' AND NEW.certificate_id IS DISTINCT FROM OLD.certificate_id THEN
    PERFORM refuse_person('the apply is under way');
  ELSIF NEW.state NOT IN (OLD.state, 'cancelled') AND (OLD.state, NEW.state) <> ('scheduled', 'started') THEN
    PERFORM refuse_person('only workers say how an apply goes');
  ELSIF NEW.state = 'cancelled' AND EXISTS (SELECT 1 FROM job WHERE job.subject_id = NEW.id
                                            AND job.kind = 'apply.run') THEN
    PERFORM refuse_person('the apply is under way: its worker ends it');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER by_person BEFORE INSERT OR UPDATE ON apply
  FOR EACH ROW WHEN (session_user LIKE '%@%' AND by_own_hand()) EXECUTE FUNCTION apply_by_person();

CREATE FUNCTION csr_by_person() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  IF NEW.key_pair_id IS NOT NULL
     AND NOT EXISTS (SELECT 1 FROM key_pair k WHERE k.id = NEW.key_pair_id AND k.service_id = NEW.service_id) THEN
    PERFORM refuse_person('the key is none of the service');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER by_person BEFORE INSERT OR UPDATE ON csr
  FOR EACH ROW WHEN (session_user LIKE '%@%' AND by_own_hand()) EXECUTE FUNCTION csr_by_person();

-- The status that a person writes is the one that the node's applies have.
CREATE FUNCTION node_by_person() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  IF NEW.apply_status <> coalesce(
       (SELECT a.state FROM apply a
        WHERE a.node_id = NEW.id AND (a.ended_at IS NULL OR a.state IN ('applied', 'rolled_back', 'failed'))
        ORDER BY a.ended_at IS NULL DESC, a.id DESC LIMIT 1), 'none') THEN
    PERFORM refuse_person('only workers say how an apply goes');
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER by_person BEFORE UPDATE OF apply_status ON node
  FOR EACH ROW WHEN (session_user LIKE '%@%' AND by_own_hand()) EXECUTE FUNCTION node_by_person();

CREATE FUNCTION mail_by_person() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM user_group g WHERE g.id = NEW.group_id AND g.notification_id = NEW.notification_id)
     OR NEW.node_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM node n WHERE n.id = NEW.node_id
                                                AND n.service_id = NEW.service_id) THEN
    PERFORM refuse_person('the mail is not about this service');
  END IF;
  NEW.message_id := '<' || gen_random_uuid() || '@certfleet>';
  RETURN NEW;
END $$;
CREATE TRIGGER by_person BEFORE INSERT ON mail
  FOR EACH ROW WHEN (session_user LIKE '%@%' AND by_own_hand()) EXECUTE FUNCTION mail_by_person();

-- ---- What reaches across groups, whoever asks: keys and limits are held by jobs of all.

ALTER FUNCTION limit_room(text) SECURITY DEFINER;
ALTER FUNCTION make_ready(bigint) SECURITY DEFINER;

CREATE OR REPLACE FUNCTION promote(p_keys text[], p_limits text[])
RETURNS TABLE (id bigint, queue job_queue, site_id bigint, service_id bigint, priority smallint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  wanted text;
  chosen bigint;
  -- A person is not told whose jobs go on; the scheduler offers them.
  quiet  boolean := session_user LIKE '%@%';
BEGIN
  FOR wanted IN SELECT DISTINCT l FROM unnest(p_limits) AS l WHERE l IS NOT NULL ORDER BY l LOOP
    FOR turn IN 1..limit_room(wanted) LOOP
      SELECT w.id INTO chosen FROM job w
      WHERE w.state = 'waiting' AND w.limit_key = wanted AND w.run_at <= now()
        AND (w.concurrency_key IS NULL OR NOT EXISTS (SELECT 1 FROM job h
                                                      WHERE h.concurrency_key = w.concurrency_key
                                                        AND h.state IN ('ready', 'running')))
      ORDER BY w.priority, w.id LIMIT 1 FOR UPDATE SKIP LOCKED;
      EXIT WHEN NOT FOUND;
      IF quiet THEN PERFORM make_ready(chosen); ELSE RETURN QUERY SELECT * FROM make_ready(chosen); END IF;
    END LOOP;
  END LOOP;
  FOR wanted IN SELECT DISTINCT k FROM unnest(p_keys) AS k WHERE k IS NOT NULL ORDER BY k LOOP
    SELECT w.id INTO chosen FROM job w
    WHERE w.state = 'waiting' AND w.concurrency_key = wanted AND w.run_at <= now()
      AND NOT EXISTS (SELECT 1 FROM job h WHERE h.concurrency_key = wanted AND h.state IN ('ready', 'running'))
      AND (w.limit_key IS NULL OR limit_room(w.limit_key) > 0)
    ORDER BY w.priority, w.id LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF FOUND THEN
      IF quiet THEN PERFORM make_ready(chosen); ELSE RETURN QUERY SELECT * FROM make_ready(chosen); END IF;
    END IF;
  END LOOP;
END $$;

-- Whether the one who asks may change the jobs of this service (none: the installation's own).
CREATE FUNCTION may_change_service(p_service bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
  SELECT is_owner() OR is_admin() AND (p_service IS NULL OR EXISTS (
    SELECT 1 FROM service s WHERE s.id = p_service AND s.group_id = ANY (my_groups())))
$$;

CREATE FUNCTION audit_jobs(p_jobs bigint[], p_services bigint[], p_what text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
  INSERT INTO audit (action, table_name, row_id, name, groups, after)
  SELECT 'UPDATE', 'job', j.id, s.name, CASE WHEN j.service IS NOT NULL THEN array_remove(ARRAY[s.group_id], NULL) END,
         jsonb_build_object('asked', p_what)
  FROM unnest(p_jobs, p_services) AS j(id, service) LEFT JOIN service s ON s.id = j.service
$$;

-- Asks for the end of live jobs; of those that wait one of each key that is free becomes ready, so that a worker ends
-- it. A key that is held stays held: then the job waits for it, and is ended when its turn comes. What is not there, or
-- not his to change, is left out; returns how many were.
CREATE FUNCTION cancel_jobs(p_jobs bigint[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  ids      bigint[];
  services bigint[];
BEGIN
  SELECT array_agg(id), array_agg(service_id) INTO ids, services
  FROM (SELECT id, service_id FROM job WHERE id = ANY (p_jobs) ORDER BY id FOR UPDATE) wanted
  WHERE may_change_service(service_id);
  UPDATE job SET cancel = true WHERE id = ANY (ids);
  UPDATE job SET state = 'ready' WHERE state = 'waiting' AND id = ANY (ARRAY(
    SELECT DISTINCT ON (coalesce(concurrency_key, id::text)) id FROM job
    WHERE id = ANY (ids) AND state = 'waiting'
      AND (concurrency_key IS NULL OR NOT EXISTS (SELECT 1 FROM job h WHERE h.concurrency_key = job.concurrency_key
                                                  AND h.state IN ('ready', 'running')))
    ORDER BY coalesce(concurrency_key, id::text), priority, id));
  PERFORM audit_jobs(ids, services, 'cancel');
  RETURN coalesce(cardinality(ids), 0);
END $$;

-- Sends dead jobs again; leaves out and returns as above.
CREATE FUNCTION retry_jobs(p_jobs bigint[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  ids      bigint[];
  services bigint[];
  keys     text[];
  limits   text[];
BEGIN
  WITH gone AS (
    DELETE FROM job_dead WHERE id = ANY (p_jobs) AND may_change_service(service_id) RETURNING *
  ), sent AS (
    INSERT INTO job (id, queue, state, priority, attempts_max, request_no, fence, site_id, service_id, node_id,
                     subject_id, kind, created_at, time_limit, concurrency_key, limit_key, error, error_id)
    OVERRIDING SYSTEM VALUE
    SELECT id, queue, CASE WHEN concurrency_key IS NULL AND limit_key IS NULL THEN 'ready' ELSE 'waiting' END::job_state,
           priority, attempts_max, request_no, fence + 1, site_id, service_id, node_id, subject_id, kind, created_at,
           time_limit, concurrency_key, limit_key, error, error_id
    FROM gone RETURNING id, service_id, concurrency_key, limit_key
  )
  SELECT array_agg(id), array_agg(service_id), array_agg(concurrency_key), array_agg(limit_key)
  INTO ids, services, keys, limits FROM sent;
  PERFORM promote(keys, limits);
  PERFORM audit_jobs(ids, services, 'retry');
  RETURN coalesce(cardinality(ids), 0);
END $$;

-- Sets (both NULL: removes) a limit. Ready jobs that nobody has claimed go back to wait for its room. False if there
-- is none to remove.
CREATE FUNCTION set_job_limit(p_key text, p_queue job_queue, p_parallel integer, p_per_minute integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  PERFORM require_admin();
  IF p_parallel IS NULL AND p_per_minute IS NULL THEN
    DELETE FROM job_limit WHERE key = p_key;
    IF NOT FOUND THEN RETURN false; END IF;
    UPDATE job SET limit_key = NULL WHERE limit_key = p_key;
    RETURN true;
  END IF;
  INSERT INTO job_limit (key, parallel, per_minute) VALUES (p_key, p_parallel, p_per_minute)
  ON CONFLICT (key) DO UPDATE SET parallel = excluded.parallel, per_minute = excluded.per_minute;
  UPDATE job SET limit_key = p_key,
                 state = (CASE state WHEN 'ready' THEN 'waiting' ELSE state::text END)::job_state
  WHERE limit_key IS NULL AND queue = p_queue AND limit_key_of(queue, site_id, subject_id) = p_key;
  RETURN true;
END $$;

-- ---- Users. Administrators can't make roles (in PostgreSQL 15 who can make one can make himself anything): they
-- call these. None touches a role that is not a user's.

CREATE FUNCTION require_user_name(p_name text) RETURNS void
LANGUAGE plpgsql SET search_path = certfleet, pg_temp AS $$
BEGIN
  IF p_name IS NULL OR p_name !~ '^[^@[:space:]]+@[^@[:space:]]+$' OR octet_length(p_name) > 63 THEN
    RAISE EXCEPTION 'user: a mail address of 63 bytes at most is needed' USING ERRCODE = '22023';
  END IF;
END $$;

-- SCRAM-SHA-256 (RFC 5803), as the client makes it: no password comes here in the clear.
CREATE FUNCTION require_verifier(p_verifier text) RETURNS void
LANGUAGE plpgsql SET search_path = certfleet, pg_temp AS $$
BEGIN
  IF p_verifier IS NULL
     OR p_verifier !~ '^SCRAM-SHA-256\$[0-9]{4,7}:[A-Za-z0-9+/]{16,}={0,2}\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$' THEN
    RAISE EXCEPTION 'password: a SCRAM-SHA-256 verifier is needed' USING ERRCODE = '22023';
  END IF;
END $$;

CREATE FUNCTION require_code_time(p_until timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = certfleet, pg_temp AS $$
BEGIN
  IF p_until <= now() OR p_until > now() + interval '31 days' THEN
    RAISE EXCEPTION 'one-time code: is valid for 31 days at most' USING ERRCODE = '22023';
  END IF;
END $$;

-- One after the other, so that two administrators can't remove or demote each other at the same time. The one who
-- comes second is looked at again: he may be none any more.
CREATE FUNCTION lock_users() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  LOCK TABLE app_user IN SHARE ROW EXCLUSIVE MODE;
  PERFORM require_admin();
END $$;

CREATE FUNCTION require_user(p_name text) RETURNS app_user
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  wanted app_user;
BEGIN
  PERFORM require_user_name(p_name);
  SELECT * INTO wanted FROM app_user WHERE name = p_name;
  IF NOT FOUND THEN RAISE EXCEPTION 'there is no user %', p_name USING ERRCODE = 'P0002'; END IF;
  RETURN wanted;
END $$;

CREATE FUNCTION require_another_admin(p_name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM app_user WHERE role = 'admin' AND name <> p_name AND password_set_at IS NOT NULL) THEN
    RAISE EXCEPTION '% is the last administrator', p_name USING ERRCODE = '55000';
  END IF;
END $$;

CREATE FUNCTION set_membership(p_name text, p_role text) RETURNS void   -- 'admin', 'viewer', 'newcomer'
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  one text;
BEGIN
  FOREACH one IN ARRAY ARRAY['admin', 'viewer', 'newcomer'] LOOP
    IF one = p_role THEN
      EXECUTE format('GRANT %I TO %I', 'certfleet_' || one, p_name);
    ELSIF EXISTS (SELECT 1 FROM pg_auth_members WHERE roleid = to_regrole('certfleet_' || one)
                  AND member = to_regrole(quote_ident(p_name))) THEN
      EXECUTE format('REVOKE %I FROM %I', 'certfleet_' || one, p_name);
    END IF;
  END LOOP;
END $$;

-- Ends what he has open, and waits for it. The owner must be a member of a role to end its sessions, if he is no
-- superuser.
CREATE FUNCTION end_sessions(p_name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  IF NOT pg_has_role(current_user, p_name, 'USAGE') THEN
    EXECUTE format('GRANT %I TO %I', p_name, current_user);
  END IF;
  PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = p_name AND pid <> pg_backend_pid();
END $$;

-- With p_code_until the verifier is that of a one-time code, with which he can do nothing but set his password.
CREATE FUNCTION add_user(p_name text, p_role text, p_contact text, p_verifier text, p_code_until timestamptz)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  known pg_roles;
  made  bigint;
BEGIN
  PERFORM lock_users();
  PERFORM require_user_name(p_name);
  PERFORM require_verifier(p_verifier);
  PERFORM require_code_time(p_code_until);
  INSERT INTO app_user (name, role, contact, password_set_at, code_expires_at)
  VALUES (p_name, p_role, p_contact, CASE WHEN p_code_until IS NULL THEN now() END, p_code_until) RETURNING id INTO made;
  SELECT * INTO known FROM pg_roles WHERE rolname = p_name;
  IF NOT FOUND THEN
    EXECUTE format('CREATE ROLE %I LOGIN', p_name);
  ELSIF known.rolsuper OR known.rolcreaterole OR known.rolcreatedb OR known.rolreplication OR known.rolbypassrls
        -- Roles are the whole server's: another installation's user, say, whom an administrator of this one must
        -- not take over by giving him a password.
        OR known.rolcanlogin AND NOT is_owner() THEN
    RAISE EXCEPTION 'user %: the database server has a role of this name already', p_name USING ERRCODE = '55000';
  END IF;
  EXECUTE format('ALTER ROLE %I LOGIN PASSWORD %L VALID UNTIL %L', p_name, p_verifier,
                 coalesce(p_code_until::text, 'infinity'));
  PERFORM set_membership(p_name, CASE WHEN p_code_until IS NULL THEN p_role ELSE 'newcomer' END);
  RETURN made;
END $$;

CREATE FUNCTION set_user(p_name text, p_role text, p_contact text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  before app_user;
BEGIN
  PERFORM lock_users();
  before := require_user(p_name);
  IF before.role = 'admin' AND p_role <> 'admin' THEN PERFORM require_another_admin(p_name); END IF;
  UPDATE app_user SET role = p_role, contact = p_contact WHERE id = before.id;
  IF before.password_set_at IS NOT NULL THEN PERFORM set_membership(p_name, p_role); END IF;
END $$;

-- He keeps his role and groups, loses his password and his sessions, and gets a one-time code.
CREATE FUNCTION reset_user(p_name text, p_verifier text, p_code_until timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  before app_user;
BEGIN
  PERFORM lock_users();
  before := require_user(p_name);
  PERFORM require_verifier(p_verifier);
  IF p_code_until IS NULL THEN RAISE EXCEPTION 'one-time code: needs an end' USING ERRCODE = '22023'; END IF;
  PERFORM require_code_time(p_code_until);
  IF p_name = session_user THEN
    RAISE EXCEPTION 'nobody resets himself: use passwd' USING ERRCODE = '55000';
  END IF;
  IF before.role = 'admin' THEN PERFORM require_another_admin(p_name); END IF;
  UPDATE app_user SET password_set_at = NULL, code_expires_at = p_code_until WHERE id = before.id;
  EXECUTE format('ALTER ROLE %I LOGIN PASSWORD %L VALID UNTIL %L', p_name, p_verifier, p_code_until);
  PERFORM set_membership(p_name, 'newcomer');
  PERFORM end_sessions(p_name);
END $$;

CREATE FUNCTION remove_user(p_name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  before app_user;
BEGIN
  PERFORM lock_users();
  before := require_user(p_name);
  IF p_name = session_user THEN
    RAISE EXCEPTION 'nobody removes himself' USING ERRCODE = '55000';
  END IF;
  IF before.role = 'admin' THEN PERFORM require_another_admin(p_name); END IF;
  DELETE FROM app_user WHERE id = before.id;
  IF to_regrole(quote_ident(p_name)) IS NULL THEN RETURN; END IF;
  EXECUTE format('ALTER ROLE %I NOLOGIN PASSWORD NULL', p_name);
  PERFORM set_membership(p_name, 'nothing');
  PERFORM end_sessions(p_name);
  BEGIN
    EXECUTE format('DROP OWNED BY %I', p_name);
    EXECUTE format('DROP ROLE %I', p_name);
  EXCEPTION WHEN dependent_objects_still_exist THEN
    NULL;  -- he owns something in another database of the server; without login and membership he is nobody here
  END;
END $$;

-- Of the one who asks; with his one-time code or with his password.
CREATE FUNCTION change_password(p_verifier text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  own app_user;
BEGIN
  PERFORM require_verifier(p_verifier);
  SELECT * INTO own FROM app_user WHERE name = session_user FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'permission denied: % is no user here', session_user USING ERRCODE = '42501';
  END IF;
  IF own.password_set_at IS NULL AND own.code_expires_at <= now() THEN
    RAISE EXCEPTION 'permission denied: the one-time code has expired' USING ERRCODE = '42501';
  END IF;
  UPDATE app_user SET password_set_at = clock_timestamp(), code_expires_at = NULL WHERE id = own.id;
  EXECUTE format('ALTER ROLE %I PASSWORD %L VALID UNTIL %L', own.name, p_verifier, 'infinity');
  IF own.password_set_at IS NULL THEN PERFORM set_membership(own.name, own.role); END IF;
END $$;

-- Who asks: also for one who may not read anything else yet. No row: no user of this installation.
CREATE FUNCTION who_am_i() RETURNS TABLE (name text, role text, password_set boolean, code_expires_at timestamptz,
                                          groups text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
  SELECT u.name, u.role, u.password_set_at IS NOT NULL, u.code_expires_at,
         ARRAY(SELECT g.name FROM group_member m JOIN user_group g ON g.id = m.group_id
               WHERE m.user_id = u.id ORDER BY g.name)
  FROM app_user u WHERE u.name = session_user
$$;

-- Failed logins, from the server's own log if it is kept as JSON where this function's owner can read it
-- (docs/security.md). Of each of the newest files the end.
CREATE FUNCTION failed_logins(p_since timestamptz, p_rows integer)
RETURNS TABLE (at timestamptz, who text, host text, message text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  bytes_max constant bigint := 8 << 20;
  file record;
  line text;
  entry jsonb;
  found_rows integer := 0;
BEGIN
  PERFORM require_admin();
  IF current_setting('log_destination') !~ 'jsonlog' OR current_setting('logging_collector') <> 'on' THEN
    RAISE EXCEPTION 'the database server keeps no log that can be shown: it needs logging_collector = on and jsonlog in log_destination'
      USING ERRCODE = '55000';
  END IF;
  FOR file IN SELECT l.name, l.size FROM pg_ls_logdir() l
              WHERE l.name LIKE '%.json' AND l.modification >= p_since ORDER BY l.modification DESC LOOP
    -- As Latin-1 every byte is a letter: one broken name in the log must not hide the rest.
    FOR line IN
      SELECT l FROM string_to_table(convert_from(
          pg_read_binary_file(current_setting('log_directory') || '/' || file.name, greatest(file.size - bytes_max, 0),
                              bytes_max, true), 'LATIN1'), E'\n') WITH ORDINALITY AS t(l, n)
      WHERE l LIKE '{%"state_code":"28P01"%}' ORDER BY n DESC
    LOOP
      BEGIN
        entry := convert_from(convert_to(line, 'LATIN1'), 'UTF8')::jsonb;
      EXCEPTION WHEN OTHERS THEN
        CONTINUE;
      END;
      CONTINUE WHEN entry ->> 'dbname' IS DISTINCT FROM current_database()
                 OR entry ->> 'state_code' IS DISTINCT FROM '28P01';
      at := (entry ->> 'timestamp')::timestamptz;
      EXIT WHEN at < p_since;
      who := entry ->> 'user';
      host := entry ->> 'remote_host';
      message := entry ->> 'message';
      RETURN NEXT;
      found_rows := found_rows + 1;
      IF found_rows >= p_rows THEN RETURN; END IF;
    END LOOP;
  END LOOP;
END $$;

-- ---- Audit: what a row is called, and whose groups it concerns (NULL: it belongs to none; then all administrators
-- see it).

ALTER TABLE audit ADD COLUMN name text, ADD COLUMN groups bigint[];
UPDATE audit a SET name = coalesce(after ->> 'name', before ->> 'name'),
                   groups = ARRAY(SELECT s.group_id FROM service s
                                  WHERE s.id = coalesce(a.after ->> 'service_id', a.before ->> 'service_id',
                                                        CASE WHEN table_name = 'service' THEN a.row_id END)::bigint)
WHERE table_name IN ('service', 'key_spec', 'node', 'ca_order', 'apply');

-- The services that a row's before and after are of, by what it refers to.
CREATE FUNCTION audit_subject(p_table text, p_row jsonb, OUT subject text, OUT in_group bigint, OUT bound boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  subject := p_row ->> 'name';
  bound := p_table = 'service' OR p_row ? 'service_id' OR p_row ? 'node_id' OR p_row ? 'order_id';
  IF p_table NOT IN ('user_group', 'group_member') THEN in_group := (p_row ->> 'group_id')::bigint; END IF;
  IF p_table = 'group_member' THEN
    subject := concat_ws(' ', (SELECT g.name FROM user_group g WHERE g.id = (p_row ->> 'group_id')::bigint),
                         (SELECT u.name FROM app_user u WHERE u.id = (p_row ->> 'user_id')::bigint));
  ELSIF p_table = 'notification_recipient' THEN
    subject := (SELECT t.name FROM notification_table t WHERE t.id = (p_row ->> 'notification_id')::bigint);
  ELSIF p_table = 'job_limit' THEN
    subject := p_row ->> 'key';
  ELSIF subject IS NULL AND p_row ? 'node_id' THEN
    SELECT n.name, coalesce(in_group, n.group_id) INTO subject, in_group
    FROM (SELECT) one LEFT JOIN node n ON n.id = (p_row ->> 'node_id')::bigint;
  END IF;
  IF p_row ? 'service_id' AND (subject IS NULL OR in_group IS NULL) THEN
    SELECT coalesce(subject, s.name), coalesce(in_group, s.group_id) INTO subject, in_group
    FROM (SELECT) one LEFT JOIN service s ON s.id = (p_row ->> 'service_id')::bigint;
  END IF;
END $$;

CREATE OR REPLACE FUNCTION write_audit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  kept CONSTANT text[] := ARRAY['revision', 'not_after', 'order_state']
                          || CASE WHEN TG_TABLE_NAME <> 'service' THEN ARRAY['group_id'] ELSE '{}' END;
  old_row jsonb;
  new_row jsonb;
  was     record;
  becomes record;
BEGIN
  -- Daemons change state, persons change configuration; only the latter is audited.
  IF pg_has_role(session_user, 'certfleet_daemon', 'MEMBER')
     AND NOT pg_has_role(session_user, 'certfleet_admin', 'MEMBER') THEN
    RETURN NULL;
  END IF;
  IF TG_OP <> 'INSERT' THEN old_row := without_secrets(to_jsonb(OLD)) - 'revision'; END IF;
  IF TG_OP <> 'DELETE' THEN new_row := without_secrets(to_jsonb(NEW)) - 'revision'; END IF;
  -- What only triggers and keys did to a row is told by the row that set them off: a service that went to another
  -- group, and not its nodes that followed.
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - kept = to_jsonb(OLD) - kept THEN RETURN NULL; END IF;
  was := audit_subject(TG_TABLE_NAME, coalesce(old_row, new_row));
  becomes := audit_subject(TG_TABLE_NAME, coalesce(new_row, old_row));
  INSERT INTO audit (action, table_name, row_id, name, groups, before, after)
  VALUES (TG_OP, TG_TABLE_NAME,
          coalesce(new_row ->> 'id', old_row ->> 'id', new_row ->> 'service_id', old_row ->> 'service_id'),
          coalesce(becomes.subject, was.subject),
          CASE WHEN becomes.bound
               THEN array_remove(ARRAY[becomes.in_group, nullif(was.in_group, becomes.in_group)], NULL) END,
          old_row, new_row);
  RETURN NULL;
END $$;

CREATE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON csr FOR EACH ROW EXECUTE FUNCTION write_audit();
-- A limit's tokens come and go with the jobs.
CREATE TRIGGER audited AFTER INSERT OR UPDATE OF parallel, per_minute OR DELETE ON job_limit
  FOR EACH ROW EXECUTE FUNCTION write_audit();

CREATE INDEX audit_by_time ON audit (at);

-- ---- Partitions made later are as closed as those made before.

CREATE OR REPLACE FUNCTION ensure_partitions(p_months integer DEFAULT 2) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  parent text;
  first  date;
  made   text;
BEGIN
  FOREACH parent IN ARRAY ARRAY['job_history', 'trace'] LOOP
    FOR month IN 0..p_months LOOP
      first := (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => month))::date;
      made := parent || to_char(first, '_YYYY_MM');
      IF to_regclass(format('certfleet.%I', made)) IS NULL THEN
        EXECUTE format('CREATE TABLE certfleet.%I PARTITION OF certfleet.%I FOR VALUES FROM (%L) TO (%L)', made, parent,
                       first::text || ' 00:00+00', (first + interval '1 month')::date::text || ' 00:00+00');
        EXECUTE format('ALTER TABLE certfleet.%I ENABLE ROW LEVEL SECURITY', made);
        IF parent = 'job_history' THEN
          EXECUTE format('ALTER TABLE certfleet.%I ALTER COLUMN error SET STATISTICS 0', made);
        END IF;
      END IF;
    END LOOP;
  END LOOP;
END $$;
