-- What somebody can do with a row of a table, found out by doing it: 's' sees it, 'i' may insert one like it, 'u' and
-- 'd' change and remove it; a '-' for none of these. What is refused for another reason than permission (a name that is
-- taken, a reference that is still used) was allowed. Nothing stays.
CREATE FUNCTION tap.attempt(p_who text, p_statement text, p_row jsonb) RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  met bigint;
  sees boolean := p_statement LIKE 'SELECT%';
BEGIN
  BEGIN
    EXECUTE format('SET SESSION AUTHORIZATION %I', p_who);
    IF sees THEN
      EXECUTE p_statement INTO met USING p_row;
    ELSE
      EXECUTE p_statement USING p_row;
      GET DIAGNOSTICS met = ROW_COUNT;
    END IF;
    RAISE EXCEPTION 'done' USING ERRCODE = 'TAPOK', DETAIL = met;
  EXCEPTION
    WHEN insufficient_privilege THEN RETURN 'refused';
    WHEN SQLSTATE 'TAPOK' THEN
      GET STACKED DIAGNOSTICS p_statement = PG_EXCEPTION_DETAIL;
      RETURN CASE WHEN p_statement::bigint > 0 THEN 'done' ELSE 'nothing there' END;
    WHEN OTHERS THEN RETURN 'tried: ' || SQLERRM;
  END;
END $$;

-- The rows of a table that are about red, in words that anybody who reads the table may use.
CREATE FUNCTION tap.red(p_table regclass) RETURNS text LANGUAGE sql SET search_path = pg_catalog AS $$
  SELECT coalesce((SELECT c || ' = 1' FROM unnest(ARRAY['service_id', 'node_id', 'order_id']) WITH ORDINALITY AS t(c, n)
                   WHERE EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = p_table AND attname = c AND NOT attisdropped)
                   ORDER BY n LIMIT 1),
                  CASE p_table::text WHEN 'certfleet.service' THEN 'id = 1'
                                     WHEN 'certfleet.audit' THEN 'groups = ''{1}''' ELSE 'true' END)
$$;

CREATE FUNCTION tap.probe(p_who text, p_table regclass) RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
  red      text := tap.red(p_table);
  found    jsonb;
  readable text;
  writable text;
  changing text;
  can      text := '';
BEGIN
  EXECUTE format('SELECT to_jsonb(t) FROM %s t WHERE %s LIMIT 1', p_table, red) INTO found;
  IF found IS NULL THEN RETURN 'the fixture has no such row'; END IF;
  SELECT min(quote_ident(attname)) FILTER (WHERE has_column_privilege(p_who, p_table, attname, 'SELECT')),
         string_agg(quote_ident(attname), ', ')
           FILTER (WHERE has_column_privilege(p_who, p_table, attname, 'INSERT') AND attidentity = '' AND attgenerated = ''),
         min(quote_ident(attname)) FILTER (WHERE has_column_privilege(p_who, p_table, attname, 'UPDATE')
                                             AND has_column_privilege(p_who, p_table, attname, 'SELECT')
                                             AND attidentity = '' AND attgenerated = '')
  INTO readable, writable, changing
  FROM pg_attribute WHERE attrelid = p_table AND attnum > 0 AND NOT attisdropped;
  IF tap.attempt(p_who, format('SELECT count(*) FROM (SELECT %s FROM %s WHERE %s) seen', coalesce(readable, '*'),
                               p_table, red), found) = 'done' THEN
    can := can || 's';
  END IF;
  IF tap.attempt(p_who, format('INSERT INTO %s (%s) SELECT %2$s FROM jsonb_populate_record(NULL::%1$s, $1)', p_table,
                               coalesce(writable, 'nothing')), found) SIMILAR TO 'done|tried%'
     AND writable IS NOT NULL THEN
    can := can || 'i';
  END IF;
  IF changing IS NOT NULL AND tap.attempt(p_who, format('UPDATE %s SET %s = %2$s WHERE %s', p_table, changing, red), found)
                              SIMILAR TO 'done|tried%' THEN
    can := can || 'u';
  END IF;
  IF tap.attempt(p_who, format('DELETE FROM %s WHERE %s', p_table, red), found) SIMILAR TO 'done|tried%' THEN
    can := can || 'd';
  END IF;
  RETURN coalesce(nullif(can, ''), '-');
END $$;
