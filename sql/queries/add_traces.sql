-- Stores traces in their order.
-- $1 times, $2 levels, $3 modules, $4 codes, $5 request numbers, $6 arguments (each an array as text), $7 services,
-- $8 nodes, $9 jobs (0: none).
-- No time is later than the database's: a worker whose clock is ahead would write into months that are still to come.
-- Their service's group is looked for here: the trigger that would do it costs as much as the row.
INSERT INTO trace (at, level, module, code, request_no, args, service_id, node_id, job_id, group_id)
SELECT least(t.at, clock_timestamp()), t.level, t.module, t.code, t.request_no, t.args::text[], nullif(t.service, 0), nullif(t.node, 0),
       nullif(t.job, 0), (SELECT s.group_id FROM service s WHERE s.id = t.service)
FROM unnest($1::timestamptz[], $2::"char"[], $3::text[], $4::integer[], $5::integer[], $6::text[], $7::bigint[],
            $8::bigint[], $9::bigint[])
  AS t(at, level, module, code, request_no, args, service, node, job)
