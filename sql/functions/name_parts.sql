-- Looks for a part of a name among those of the asking person's groups, by the indexes on grams()
-- (sql/migrations/0025_parts_of_names.sql). Under row-level security the planner uses no index of this kind, because
-- its operator might tell of rows that are hidden; so this runs as its owner, and looks into the person's groups, one
-- after the other. A part of less than three characters is not found by it.

-- The ids of up to p_max rows of `service` or `node`; p_part in lower case.
CREATE OR REPLACE FUNCTION ids_with_part(p_table text, p_part text, p_max integer) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = certfleet, pg_temp
SET enable_seqscan = off SET enable_indexscan = off SET enable_indexonlyscan = off SET work_mem = '32MB' AS $$
BEGIN
  IF p_table NOT IN ('service', 'node') THEN
    RAISE EXCEPTION 'parts of names are looked for in service and node only' USING ERRCODE = '22023';
  END IF;
  RETURN QUERY EXECUTE format(
    'SELECT found.id FROM unnest($1) AS mine CROSS JOIN LATERAL (
       SELECT t.id FROM %I t
       WHERE grams(t.group_id, t.searched) @> grams(mine, $2) AND t.group_id = mine AND strpos(t.searched, $2) > 0
       LIMIT $3) AS found
     LIMIT $3', p_table) USING my_groups(), p_part, p_max;
END $$;
