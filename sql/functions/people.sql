-- Users. Administrators can't make roles (in PostgreSQL 15 who can make one can make himself anything): they
-- call these. None touches a role that is not a user's.

CREATE OR REPLACE FUNCTION require_user_name(p_name text) RETURNS void
LANGUAGE plpgsql SET search_path = certfleet, pg_temp AS $$
BEGIN
  IF p_name IS NULL OR p_name !~ '^[^@[:space:]]+@[^@[:space:]]+$' OR octet_length(p_name) > 63 THEN
    RAISE EXCEPTION 'user: a mail address of 63 bytes at most is needed' USING ERRCODE = '22023';
  END IF;
END $$;

-- One after the other, so that two administrators can't remove or demote each other at the same time. The one who
-- comes second is looked at again: he may be none any more.
CREATE OR REPLACE FUNCTION lock_users() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  LOCK TABLE app_user IN SHARE ROW EXCLUSIVE MODE;
  PERFORM require_admin();
END $$;

CREATE OR REPLACE FUNCTION require_user(p_name text) RETURNS app_user
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  wanted app_user;
BEGIN
  PERFORM require_user_name(p_name);
  SELECT * INTO wanted FROM app_user WHERE name = p_name;
  IF NOT FOUND THEN RAISE EXCEPTION 'there is no user %', p_name USING ERRCODE = 'P0002'; END IF;
  RETURN wanted;
END $$;

CREATE OR REPLACE FUNCTION require_another_admin(p_name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM app_user WHERE role = 'admin' AND name <> p_name AND password_set_at IS NOT NULL) THEN
    RAISE EXCEPTION '% is the last administrator', p_name USING ERRCODE = '55000';
  END IF;
END $$;

-- With p_code_until the verifier is that of a one-time code, with which he can do nothing but set his password.
-- Without a verifier he is there and can't log in, until reset_user gives him a code or a password.
CREATE OR REPLACE FUNCTION add_user(p_name text, p_role text, p_contact text, p_verifier text, p_code_until timestamptz)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  known pg_roles;
  made  bigint;
BEGIN
  PERFORM lock_users();
  PERFORM require_user_name(p_name);
  IF p_verifier IS NOT NULL OR p_code_until IS NOT NULL THEN PERFORM require_verifier(p_verifier); END IF;
  PERFORM require_code_time(p_code_until);
  INSERT INTO app_user (name, role, contact, password_set_at, code_expires_at)
  VALUES (p_name, p_role, p_contact, CASE WHEN p_verifier IS NOT NULL AND p_code_until IS NULL THEN now() END,
          p_code_until) RETURNING id INTO made;
  SELECT * INTO known FROM pg_roles WHERE rolname = p_name;
  IF NOT FOUND THEN
    EXECUTE format('CREATE ROLE %I NOLOGIN', p_name);
  ELSIF known.rolsuper OR known.rolcreaterole OR known.rolcreatedb OR known.rolreplication OR known.rolbypassrls
        -- Roles are the whole server's: another installation's user, say, whom an administrator of this one must
        -- not take over by giving him a password.
        OR known.rolcanlogin AND NOT is_owner() THEN
    RAISE EXCEPTION 'user %: the database server has a role of this name already', p_name USING ERRCODE = '55000';
  END IF;
  IF p_verifier IS NULL THEN RETURN made; END IF;
  EXECUTE format('ALTER ROLE %I LOGIN PASSWORD %L VALID UNTIL %L', p_name, p_verifier,
                 coalesce(p_code_until::text, 'infinity'));
  PERFORM set_membership(p_name, CASE WHEN p_code_until IS NULL THEN p_role ELSE 'newcomer' END);
  RETURN made;
END $$;

CREATE OR REPLACE FUNCTION set_user(p_name text, p_role text, p_contact text) RETURNS void
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

-- He keeps his role and groups, loses his password and his sessions, and gets a one-time code; or, without
-- p_code_until, the password that the verifier is of (manual 6.5.3).
CREATE OR REPLACE FUNCTION reset_user(p_name text, p_verifier text, p_code_until timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  before app_user;
  code   CONSTANT boolean := p_code_until IS NOT NULL;
BEGIN
  PERFORM lock_users();
  before := require_user(p_name);
  PERFORM require_verifier(p_verifier);
  PERFORM require_code_time(p_code_until);
  IF p_name = session_user THEN
    RAISE EXCEPTION 'nobody resets himself: use passwd' USING ERRCODE = '55000';
  END IF;
  IF code AND before.role = 'admin' THEN PERFORM require_another_admin(p_name); END IF;
  UPDATE app_user SET password_set_at = CASE WHEN NOT code THEN clock_timestamp() END, code_expires_at = p_code_until
  WHERE id = before.id;
  EXECUTE format('ALTER ROLE %I LOGIN PASSWORD %L VALID UNTIL %L', p_name, p_verifier,
                 coalesce(p_code_until::text, 'infinity'));
  PERFORM set_membership(p_name, CASE WHEN code THEN 'newcomer' ELSE before.role END);
  PERFORM end_sessions(p_name);
END $$;

CREATE OR REPLACE FUNCTION remove_user(p_name text) RETURNS void
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
