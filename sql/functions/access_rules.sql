-- Who asks, and whose rows he may not touch (docs/security.md): what the policies of sql/roles.sql and the triggers of
-- other files stand on, before which this one is applied. A person is a login role of the database with a row in
-- app_user; session_user is what he logged in as, whatever SET ROLE he uses.

-- ---- Who asks. Each policy calls these once a statement, as (SELECT …). A body in SQL is planned anew by every
-- statement that calls it, which costs more than all else of a short one; a session keeps the plans of PL/pgSQL.

CREATE OR REPLACE FUNCTION is_person() RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT 1 FROM app_user WHERE name = session_user AND password_set_at IS NOT NULL);
END $$;

CREATE OR REPLACE FUNCTION is_admin() RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT 1 FROM app_user
                 WHERE name = session_user AND role = 'admin' AND password_set_at IS NOT NULL);
END $$;

-- The groups whose services the person sees.
CREATE OR REPLACE FUNCTION my_groups() RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  RETURN (SELECT coalesce(array_agg(m.group_id), '{}')
          FROM app_user u JOIN group_member m ON m.user_id = u.id
          WHERE u.name = session_user AND u.password_set_at IS NOT NULL);
END $$;

-- The owner of the installation, who makes it and upgrades it.
CREATE OR REPLACE FUNCTION is_owner() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
  SELECT pg_has_role(session_user, nspowner, 'MEMBER') FROM pg_namespace WHERE nspname = 'certfleet'
$$;

CREATE OR REPLACE FUNCTION require_admin() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  IF NOT is_admin() AND NOT is_owner() THEN
    RAISE EXCEPTION 'permission denied: only an administrator may do this' USING ERRCODE = '42501';
  END IF;
END $$;

-- ---- What a person may write into rows that workers live on. With psql he could name any column that the command
-- writes; these, and those of by_person.sql, hold him to what the command does.

-- Not inside one of the functions here, nor a cascade of a key: these run as the owner.
CREATE OR REPLACE FUNCTION by_own_hand() RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN (SELECT current_user <> pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'certfleet');
END $$;

CREATE OR REPLACE FUNCTION refuse_person(p_why text) RETURNS void
LANGUAGE plpgsql SET search_path = certfleet, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'permission denied: %', p_why USING ERRCODE = '42501';
END $$;

-- Before any other trigger looks at what the row refers to, and might tell of it: the same words for a service that he
-- does not see and for none.
CREATE OR REPLACE FUNCTION require_my_service() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM service WHERE id = NEW.service_id AND group_id = ANY (my_groups())) THEN
    RAISE EXCEPTION 'new row violates row-level security policy for table "%"', TG_TABLE_NAME USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END $$;
DO $$
DECLARE
  child text;
BEGIN
  FOREACH child IN ARRAY ARRAY['key_spec', 'csr', 'ca_order', 'node', 'mail'] LOOP
    EXECUTE format('CREATE OR REPLACE TRIGGER asked BEFORE INSERT OR UPDATE OF service_id ON %I FOR EACH ROW
                    WHEN (session_user LIKE ''%%@%%'' AND by_own_hand()) EXECUTE FUNCTION require_my_service()', child);
  END LOOP;
END $$;

CREATE OR REPLACE FUNCTION require_my_node() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM node WHERE id = NEW.node_id AND group_id = ANY (my_groups())) THEN
    RAISE EXCEPTION 'new row violates row-level security policy for table "%"', TG_TABLE_NAME USING ERRCODE = '42501';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER asked BEFORE INSERT OR UPDATE OF node_id ON apply FOR EACH ROW
  WHEN (session_user LIKE '%@%' AND by_own_hand()) EXECUTE FUNCTION require_my_node();

-- What functions of other rooms do for a person with the owner's eyes is an administrator's of this installation.
CREATE OR REPLACE FUNCTION require_admin_by_trigger() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
BEGIN
  PERFORM require_admin();
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER by_admin BEFORE INSERT OR UPDATE OR DELETE ON sealing_key FOR EACH STATEMENT
  WHEN (session_user LIKE '%@%') EXECUTE FUNCTION require_admin_by_trigger();
