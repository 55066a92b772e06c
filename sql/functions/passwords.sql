-- What lets a user in: his password or one-time code, his membership of a role, his sessions. A password comes here as
-- its verifier only. people.sql calls these for an administrator.

-- SCRAM-SHA-256 (RFC 5803), as the client makes it: no password comes here in the clear.
CREATE OR REPLACE FUNCTION require_verifier(p_verifier text) RETURNS void
LANGUAGE plpgsql SET search_path = certfleet, pg_temp AS $$
BEGIN
  IF p_verifier IS NULL
     OR p_verifier !~ '^SCRAM-SHA-256\$[0-9]{4,7}:[A-Za-z0-9+/]{16,}={0,2}\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$' THEN
    RAISE EXCEPTION 'password: a SCRAM-SHA-256 verifier is needed' USING ERRCODE = '22023';
  END IF;
END $$;

CREATE OR REPLACE FUNCTION require_code_time(p_until timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = certfleet, pg_temp AS $$
BEGIN
  IF p_until <= now() OR p_until > now() + interval '31 days' THEN
    RAISE EXCEPTION 'one-time code: is valid for 31 days at most' USING ERRCODE = '22023';
  END IF;
END $$;

CREATE OR REPLACE FUNCTION set_membership(p_name text, p_role text) RETURNS void   -- 'admin', 'viewer', 'newcomer'
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
CREATE OR REPLACE FUNCTION end_sessions(p_name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  IF NOT pg_has_role(current_user, p_name, 'USAGE') THEN
    EXECUTE format('GRANT %I TO %I', p_name, current_user);
  END IF;
  PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = p_name AND pid <> pg_backend_pid();
END $$;

-- Of the one who asks; with his one-time code or with his password.
CREATE OR REPLACE FUNCTION change_password(p_verifier text) RETURNS void
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
CREATE OR REPLACE FUNCTION who_am_i()
RETURNS TABLE (name text, role text, password_set boolean, code_expires_at timestamptz,
               groups text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
  SELECT u.name, u.role, u.password_set_at IS NOT NULL, u.code_expires_at,
         ARRAY(SELECT g.name FROM group_member m JOIN user_group g ON g.id = m.group_id
               WHERE m.user_id = u.id ORDER BY g.name)
  FROM app_user u WHERE u.name = session_user
$$;
