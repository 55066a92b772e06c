-- I7: no secret is ever readable in the database. unsealed: what stands in a sealed column and is no sealed box
-- (version 1, 8 bytes of key id, 48 of overhead). granted: sealed columns that a role may read which opens none.
-- private_key: a private key in a text that people read (the newest of each).
WITH sealed AS MATERIALIZED (
  SELECT c.oid::regclass AS name, a.attname AS field
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE c.relnamespace = 'certfleet'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND a.attname LIKE '%\_sealed' AND a.atttypid = 'bytea'::regtype
)
SELECT 'unsealed' AS subject,
       coalesce(sum((xpath('/row/n/text()', query_to_xml(format(
         'SELECT count(*) AS n FROM %1$s WHERE CASE WHEN octet_length(%2$I) < 58 THEN true ELSE get_byte(%2$I, 0) <> 1 END',
         name, field), false, true, '')))[1]::text::bigint), 0)::bigint AS found,
       NULL::double precision AS seconds
FROM sealed
UNION ALL
SELECT 'granted', count(*), NULL
FROM sealed, unnest(ARRAY['public', 'certfleet_viewer', 'certfleet_admin', 'certfleet_scheduler', 'certfleet_broker',
                          'certfleet_verify']) AS reader
WHERE has_column_privilege(reader, name::oid, field::text, 'SELECT')
UNION ALL
SELECT 'private_key', count(*), NULL
FROM (SELECT args::text AS text FROM (SELECT args FROM trace ORDER BY id DESC LIMIT 5000) newest
      UNION ALL
      SELECT error FROM (SELECT error FROM job_history ORDER BY id DESC LIMIT 5000) newest
      UNION ALL
      SELECT error FROM (SELECT error FROM job_dead ORDER BY id DESC LIMIT 1000) newest
      UNION ALL
      SELECT after::text FROM (SELECT after FROM audit ORDER BY id DESC LIMIT 5000) newest) texts
WHERE text LIKE '%-----BEGIN%PRIVATE KEY-----%'
