-- What a part of a name is found by among a million names: each three characters of it that stand together, hashed with
-- the group as the seed. So a look for names of one group meets nothing of any other, and how long it takes tells
-- nothing of them (sql/functions/name_parts.sql).
-- This function stands here and not beside the others: the indexes hold what it returned, so another body must come
-- with indexes made anew.
CREATE FUNCTION grams(p_group bigint, p_text text) RETURNS bigint[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT array_agg(hashtextextended(substr(p_text, at, 3), p_group)) FROM generate_series(1, length(p_text) - 2) AS at
$$;
-- Without a list of pending entries, which a look would read whole, whatever group they belong to.
CREATE INDEX service_by_grams ON service USING gin (grams(group_id, searched)) WITH (fastupdate = off);
CREATE INDEX node_by_grams ON node USING gin (grams(group_id, searched)) WITH (fastupdate = off);
-- No samples of it for the planner (and for EXPLAIN): see sql/roles.sql.
ALTER INDEX service_by_grams ALTER COLUMN 1 SET STATISTICS 0;
ALTER INDEX node_by_grams ALTER COLUMN 1 SET STATISTICS 0;
