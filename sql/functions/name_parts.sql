-- Looks for a part of a name among those of the asking person's groups, by the indexes on grams()
-- (sql/migrations/0025_parts_of_names.sql). Under row-level security the planner uses no index of this kind, because
-- its operator might tell of rows that are hidden; so these run as their owner, and look into the person's groups, one
-- after the other. A part of less than three characters is not found by them.

-- The ids of up to p_max services; p_part in lower case.
CREATE OR REPLACE FUNCTION services_with_part(p_part text, p_max integer) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = certfleet, pg_temp
SET enable_seqscan = off SET enable_indexscan = off SET enable_indexonlyscan = off SET work_mem = '32MB' AS $$
BEGIN
  RETURN QUERY SELECT found.id FROM unnest(my_groups()) AS mine CROSS JOIN LATERAL (
      SELECT s.id FROM service s
      WHERE grams(s.group_id, s.searched) @> grams(mine, p_part) AND s.group_id = mine
        AND strpos(s.searched, p_part) > 0
      LIMIT p_max) AS found
    LIMIT p_max;
END $$;

-- The same, of nodes.
CREATE OR REPLACE FUNCTION nodes_with_part(p_part text, p_max integer) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = certfleet, pg_temp
SET enable_seqscan = off SET enable_indexscan = off SET enable_indexonlyscan = off SET work_mem = '32MB' AS $$
BEGIN
  RETURN QUERY SELECT found.id FROM unnest(my_groups()) AS mine CROSS JOIN LATERAL (
      SELECT n.id FROM node n
      WHERE grams(n.group_id, n.searched) @> grams(mine, p_part) AND n.group_id = mine
        AND strpos(n.searched, p_part) > 0
      LIMIT p_max) AS found
    LIMIT p_max;
END $$;
