-- What a part of a name is found by among a million names: each three characters of it that stand together, hashed with
-- the group as the seed. So a look for names of one group meets nothing of any other, and how long it takes tells
-- nothing of them (sql/functions/name_parts.sql).
-- This function stands here and not beside the others: the indexes hold what it returned, so another body must come
-- with indexes made anew.
CREATE FUNCTION grams(p_group bigint, p_text text) RETURNS bigint[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT array_agg(hashtextextended(substr(p_text, at, 3), p_group)) FROM generate_series(1, length(p_text) - 2) AS at
$$;
-- New entries wait in a list until there are many, which makes an import of many names twice as fast; a look reads
-- this list whole, whatever is in it.
CREATE INDEX service_by_grams ON service USING gin (grams(group_id, searched));
CREATE INDEX node_by_grams ON node USING gin (grams(group_id, searched));
-- No samples of it for the planner (and for EXPLAIN): see sql/roles.sql.
ALTER INDEX service_by_grams ALTER COLUMN 1 SET STATISTICS 0;
ALTER INDEX node_by_grams ALTER COLUMN 1 SET STATISTICS 0;
