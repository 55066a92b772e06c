-- Everybody against every table, function, sequence and partition.
SET search_path TO tap, pg_catalog;
SELECT no_plan();

SELECT set_eq($$ SELECT relname::text FROM pg_class WHERE relnamespace = 'certfleet'::regnamespace
                 AND relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT relispartition $$,
              $$ SELECT name FROM tap.tables $$, 'every table, and no view, is in setup/expected.sql');
SELECT is(probe(e.who, format('certfleet.%I', t.name)::regclass), t.may[e.place], e.who || ' on ' || t.name)
FROM tap.tables t CROSS JOIN everybody e ORDER BY t.name, e.place;

SELECT set_eq($$ SELECT DISTINCT proname::text FROM pg_proc WHERE pronamespace = 'certfleet'::regnamespace
                 AND proname NOT LIKE 'doctor\_%' $$,
              $$ SELECT name FROM tap.functions $$, 'every function is in setup/expected.sql');
SELECT is((SELECT coalesce(nullif(string_agg(DISTINCT letter, '' ORDER BY letter), ''), '-')
           FROM pg_proc p, (VALUES ('a', 'admin.in@sql.test'), ('v', 'viewer.in@sql.test'), ('n', 'newcomer@sql.test'),
                                   ('s', 'certfleet_scheduler'), ('b', 'certfleet_broker'), ('w', 'certfleet_csr'),
                                   ('x', 'nobody@sql.test')) AS who(letter, name)
           WHERE p.pronamespace = 'certfleet'::regnamespace AND p.proname = f.name
             AND has_function_privilege(who.name, p.oid, 'EXECUTE')),
          (SELECT string_agg(letter, '' ORDER BY letter) FROM regexp_split_to_table(f.may, '') AS letter),
          'who may call ' || f.name)
FROM tap.functions f ORDER BY f.name;

SELECT is_empty($$ SELECT proname, who FROM pg_proc p, tap.everybody
                   WHERE pronamespace = 'certfleet'::regnamespace AND proname LIKE 'doctor\_%'
                     AND has_function_privilege(who, p.oid, 'EXECUTE') <> (who ~ '^(admin|viewer|stranger)') $$,
                'the doctor answers people, in counts');
SELECT is_empty($$ SELECT proname FROM pg_proc WHERE pronamespace = 'certfleet'::regnamespace AND prosecdef
                   AND NOT coalesce(proconfig @> ARRAY['search_path=certfleet, pg_temp'], false) $$,
                'every function that acts as its owner says where it looks, temporary tables last');
SELECT is_empty($$ SELECT relname, who FROM pg_class, tap.everybody
                   WHERE relnamespace = 'certfleet'::regnamespace AND relispartition AND relkind = 'r'
                     AND (has_any_column_privilege(who, oid, 'SELECT, INSERT, UPDATE, REFERENCES')
                          OR has_table_privilege(who, oid, 'DELETE, TRUNCATE, TRIGGER') OR NOT relrowsecurity) $$,
                'nobody reaches a partition but through its parent');
SELECT is_empty($$ SELECT relname, who FROM pg_class, tap.everybody
                   WHERE relnamespace = 'certfleet'::regnamespace AND relkind = 'S' AND who LIKE '%@%'
                     AND has_sequence_privilege(who, oid, 'USAGE, SELECT, UPDATE')
                     AND NOT (relname = 'request_no' AND who LIKE 'admin%'
                              AND NOT has_sequence_privilege(who, oid, 'SELECT, UPDATE'))
                     AND who <> 'stranger@sql.test' $$,
                'of sequences a person may draw a request number, and look at none');
SELECT is_empty($$ SELECT relname, attname, who FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid, tap.everybody
                   WHERE relnamespace = 'certfleet'::regnamespace AND attname LIKE '%\_sealed' AND who LIKE '%@%'
                     AND has_column_privilege(who, c.oid, attname, 'SELECT') $$, 'no person reads a sealed column');
SELECT is_empty($$ SELECT tablename, attname FROM pg_stats WHERE schemaname = 'certfleet'
                   AND (histogram_bounds IS NOT NULL OR most_common_vals IS NOT NULL)
                   AND (tablename ~ '^job_(dead|history)' OR tablename IN ('service', 'node', 'key_spec', 'key_pair', 'csr',
                        'ca_order', 'certificate', 'apply', 'mail', 'acme_challenge'))
                   AND attname IN ('name', 'common_name', 'pem', 'error', 'cert_file', 'key_file', 'work_dir', 'order_url',
                                   'verify_host', 'serial', 'sha256', 'leaf_pem', 'organization', 'token') $$,
                'the planner keeps no samples of what belongs to a group');
SELECT is_empty($$ SELECT relname FROM pg_class WHERE relnamespace = 'certfleet'::regnamespace
                   AND relkind IN ('r', 'p') AND NOT relrowsecurity $$, 'no table without row-level security');
SELECT is_empty($$ SELECT rolname FROM pg_roles WHERE rolname IN (SELECT who FROM tap.everybody)
                   AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls) $$,
                'neither people nor daemons have attributes of power');
SELECT is_empty($$ SELECT r.rolname, m.rolname FROM pg_auth_members a JOIN pg_roles r ON r.oid = a.roleid
                   JOIN pg_roles m ON m.oid = a.member
                   WHERE a.admin_option AND (r.rolname LIKE 'certfleet%' OR m.rolname IN (SELECT who FROM tap.everybody)) $$,
                'nobody can give a role on');
SELECT * FROM finish();
