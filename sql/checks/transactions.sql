-- What holds back the clean-up of dead rows: transactions open for more than a minute, prepared transactions and
-- replication slots that nobody reads. Whose times the owner may not see, by how many transactions ago it began.
SELECT coalesce(nullif(application_name, ''), 'process') || ' (' || pid || ')' AS subject,
       greatest(age(backend_xmin), age(backend_xid), 1)::bigint AS found,
       extract(epoch FROM now() - xact_start)::double precision AS seconds
FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND backend_type IN ('client backend', 'walsender')
  AND (xact_start < now() - interval '1 minute' AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)
       OR greatest(age(backend_xmin), age(backend_xid)) > 200000)
UNION ALL
SELECT 'prepared ' || gid, age(transaction)::bigint, extract(epoch FROM now() - prepared)
FROM pg_prepared_xacts WHERE database = current_database() AND prepared < now() - interval '1 minute'
UNION ALL
SELECT 'slot ' || slot_name, greatest(age(xmin), age(catalog_xmin), 1)::bigint, NULL
FROM pg_replication_slots WHERE NOT active
