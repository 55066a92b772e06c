-- Rotation of the sealing key with no stop of the workers (DESIGN section 4, docs/sealing-keys.md). A key is
-- offered, then active, then old, then retired. Boxes name their key in the bytes 2 to 9 (lib/pki/sealed_box.h).

-- The activation of a key and the coming of a worker take turns: "seal" as a number.
CREATE OR REPLACE FUNCTION sealing_turn() RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 1936023916::bigint';

-- A worker that opens boxes holds every key to which something may be sealed, or it gets no session and so no job.
CREATE OR REPLACE FUNCTION require_sealing_keys() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  missing text;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(sealing_turn());
  SELECT id INTO missing FROM sealing_key
    WHERE activated_at IS NOT NULL AND retired_at IS NULL AND NOT id = ANY (NEW.sealing_keys)
    ORDER BY active DESC, id LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'sealing key % is in use and not in the key files of this host', missing
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER session_holds_sealing_keys BEFORE INSERT OR UPDATE OF sealing_keys ON session
  FOR EACH ROW WHEN (NEW.sealing_keys <> '{}') EXECUTE FUNCTION require_sealing_keys();

-- Every column that holds boxes, by its name.
CREATE OR REPLACE FUNCTION sealed_columns() RETURNS TABLE (table_name text, column_name text)
LANGUAGE sql STABLE SET search_path = certfleet, pg_catalog, pg_temp AS $$
  SELECT c.relname::text, a.attname::text
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE c.relnamespace = 'certfleet'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND a.attname LIKE '%\_sealed' AND a.atttypid = 'bytea'::regtype
  ORDER BY 1, 2
$$;

-- Nothing is stored that is sealed to a retired key, whoever sealed it before the retirement: on every table that has
-- such a column.
CREATE OR REPLACE FUNCTION refuse_retired_key() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  key_id  text;
  retired boolean;
BEGIN
  FOR key_id IN SELECT DISTINCT substr(value, 5, 16) FROM jsonb_each_text(to_jsonb(NEW))
                WHERE key LIKE '%\_sealed' AND value IS NOT NULL LOOP
    SELECT retired_at IS NOT NULL INTO retired FROM sealing_key WHERE id = key_id FOR KEY SHARE;
    IF retired THEN
      RAISE EXCEPTION 'sealing key % is retired: seal to the active one', key_id USING ERRCODE = 'check_violation';
    END IF;
  END LOOP;
  RETURN NEW;
END $$;
DO $$
DECLARE
  held record;
BEGIN
  FOR held IN SELECT table_name, string_agg(quote_ident(column_name), ', ') AS columns
              FROM sealed_columns() GROUP BY table_name LOOP
    EXECUTE format('CREATE OR REPLACE TRIGGER refuse_retired_key BEFORE INSERT OR UPDATE OF %s ON %I
                    FOR EACH ROW EXECUTE FUNCTION refuse_retired_key()', held.columns, held.table_name);
  END LOOP;
END $$;

-- How many boxes of each column are sealed to which key. Tells nothing of what is in them.
CREATE OR REPLACE FUNCTION sealed_boxes() RETURNS TABLE (table_name text, column_name text, key_id text, boxes bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  held record;
BEGIN
  FOR held IN SELECT s.table_name AS t, s.column_name AS c FROM sealed_columns() s LOOP
    RETURN QUERY EXECUTE format(
      'SELECT %1$L::text, %2$L::text, encode(substring(%2$I from 2 for 8), ''hex''), count(*)
       FROM %1$I WHERE %2$I IS NOT NULL GROUP BY 3', held.t, held.c);
  END LOOP;
END $$;

-- The public half of a new key, whose private half is in a key file by now. Nothing is sealed to it before it is
-- activated.
CREATE OR REPLACE FUNCTION offer_sealing_key(p_public_key bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  new_id text := encode(substring(sha256(p_public_key) from 1 for 8), 'hex');
  other  text;
BEGIN
  IF length(p_public_key) <> 32 THEN
    RAISE EXCEPTION 'a sealing key has 32 bytes' USING ERRCODE = 'check_violation';
  END IF;
  PERFORM pg_advisory_xact_lock(sealing_turn());
  SELECT id INTO other FROM sealing_key WHERE activated_at IS NULL AND retired_at IS NULL AND id <> new_id;
  IF FOUND THEN
    RAISE EXCEPTION 'sealing key % is offered already: activate or retire it first', other
      USING ERRCODE = 'exclusion_violation';
  END IF;
  INSERT INTO sealing_key (id, public_key, active, activated_at) VALUES (new_id, p_public_key, false, NULL)
    ON CONFLICT (id) DO NOTHING;
  RETURN new_id;
END $$;

-- From here on new secrets are sealed to it. Only once every living worker that opens boxes holds it, and one is
-- there to prove that its private half exists.
CREATE OR REPLACE FUNCTION activate_sealing_key(p_id text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  lacking text;
BEGIN
  PERFORM pg_advisory_xact_lock(sealing_turn());
  PERFORM 1 FROM sealing_key WHERE id = p_id AND retired_at IS NULL FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no sealing key % to activate', p_id USING ERRCODE = 'exclusion_violation';
  END IF;
  SELECT string_agg(DISTINCT host, ', ') INTO lacking FROM session
    WHERE expires_at > clock_timestamp() AND sealing_keys <> '{}' AND NOT p_id = ANY (sealing_keys);
  IF lacking IS NOT NULL THEN
    RAISE EXCEPTION 'sealing key % is not yet on %', p_id, lacking USING ERRCODE = 'exclusion_violation';
  END IF;
  IF NOT EXISTS (SELECT 1 FROM session WHERE expires_at > clock_timestamp() AND p_id = ANY (sealing_keys)) THEN
    RAISE EXCEPTION 'no running worker holds sealing key %', p_id USING ERRCODE = 'exclusion_violation';
  END IF;
  UPDATE sealing_key SET active = false WHERE active AND id <> p_id;
  UPDATE sealing_key SET active = true, activated_at = coalesce(activated_at, now()) WHERE id = p_id;
END $$;

-- Its private half may go afterwards. Refused while anything is sealed to it; whoever seals to it at this moment
-- waits at its row, and is refused.
CREATE OR REPLACE FUNCTION retire_sealing_key(p_id text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = certfleet, pg_temp AS $$
DECLARE
  is_active boolean;
  left_over bigint;
BEGIN
  SELECT active INTO is_active FROM sealing_key WHERE id = p_id FOR UPDATE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no sealing key %', p_id USING ERRCODE = 'exclusion_violation';
  END IF;
  IF is_active THEN
    RAISE EXCEPTION 'sealing key % is the active one', p_id USING ERRCODE = 'exclusion_violation';
  END IF;
  SELECT coalesce(sum(boxes), 0) INTO left_over FROM sealed_boxes() WHERE key_id = p_id;
  IF left_over > 0 THEN
    RAISE EXCEPTION '% secrets are still sealed to key %', left_over, p_id USING ERRCODE = 'exclusion_violation';
  END IF;
  UPDATE sealing_key SET retired_at = coalesce(retired_at, now()) WHERE id = p_id;
END $$;
