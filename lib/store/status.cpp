#include "lib/store/status.h"

#include "lib/store/rows.h"
#include "lib/store/times.h"

namespace certfleet::store::status {

std::vector<Worker> workers(Tx& tx) {
  std::vector<Worker> rows;
  for (const auto& row : tx.raw().exec(
           "SELECT s.id, s.queue, s.host, s.pid, coalesce(t.name, '') AS site, s.slots, s.draining,"
           " extract(epoch FROM s.started_at) AS started_at, extract(epoch FROM s.seen_at) AS seen_at,"
           " coalesce(j.running, 0) AS running FROM session s LEFT JOIN site t ON t.id = s.site_id"
           " LEFT JOIN (SELECT session_id, count(*) AS running FROM job WHERE session_id IS NOT NULL"
           "            GROUP BY session_id) j ON j.session_id = s.id WHERE s.expires_at > now()"
           " ORDER BY s.queue, s.host, s.pid"))
    rows.push_back({id_of<SessionId>(row["id"]), row["queue"].as<std::string>(), row["host"].as<std::string>(),
                    row["pid"].as<int>(), row["site"].as<std::string>(), row["slots"].as<int>(),
                    row["running"].as<int>(), row["draining"].as<bool>(), wall_time(row["started_at"].as<double>()),
                    wall_time(row["seen_at"].as<double>())});
  return rows;
}

std::vector<Running> running(Tx& tx, int rows_max) {
  std::vector<Running> rows;
  for (const auto& row : tx.raw().exec_params(
           "SELECT j.kind, s.host, s.pid, coalesce(v.name, '') AS service, coalesce(n.name, '') AS node,"
           " j.request_no, extract(epoch FROM j.started_at) AS since"
           " FROM session s JOIN job j ON j.session_id = s.id"
           " LEFT JOIN service v ON v.id = j.service_id LEFT JOIN node n ON n.id = j.node_id"
           " WHERE s.expires_at > now() ORDER BY j.started_at, j.id LIMIT $1",
           rows_max))
    rows.push_back({row["kind"].as<std::string>(), row["host"].as<std::string>(), row["pid"].as<int>(),
                    row["service"].as<std::string>(), row["node"].as<std::string>(), row["request_no"].as<int>(),
                    wall_time(row["since"].as<double>())});
  return rows;
}

std::vector<QueueRow> queues(Tx& tx) {
  std::vector<QueueRow> rows;
  for (const auto& row : tx.raw().exec(
           "SELECT q.queue, coalesce(j.waiting, 0) AS waiting, coalesce(j.ready, 0) AS ready,"
           " coalesce(j.running, 0) AS running, coalesce(d.dead, 0) AS dead"
           " FROM unnest(enum_range(NULL::job_queue)) WITH ORDINALITY AS q(queue, place)"
           " LEFT JOIN (SELECT queue, count(*) FILTER (WHERE job.state = 'waiting') AS waiting,"
           "            count(*) FILTER (WHERE job.state = 'ready') AS ready,"
           "            count(*) FILTER (WHERE job.state = 'running') AS running"
           "            FROM job GROUP BY queue) j USING (queue)"
           " LEFT JOIN (SELECT queue, count(*) AS dead FROM job_dead GROUP BY queue) d USING (queue)"
           " ORDER BY q.place"))
    rows.push_back({row["queue"].as<std::string>(), row["waiting"].as<int>(), row["ready"].as<int>(),
                    row["running"].as<int>(), row["dead"].as<int>()});
  return rows;
}

std::vector<Uncovered> uncovered(Tx& tx) {
  std::vector<Uncovered> rows;
  for (const auto& row : tx.raw().exec(
           "SELECT q.queue, t.name FROM unnest('{apply,verify}'::job_queue[]) AS q(queue) CROSS JOIN site t"
           " WHERE EXISTS (SELECT 1 FROM node n WHERE n.site_id = t.id AND n.enabled)"
           " AND NOT EXISTS (SELECT 1 FROM session s WHERE s.queue = q.queue AND s.expires_at > now()"
           "                 AND NOT s.draining AND (s.site_id IS NULL OR s.site_id = t.id))"
           " ORDER BY q.queue, t.name"))
    rows.push_back({row[0].as<std::string>(), row[1].as<std::string>()});
  return rows;
}

}  // namespace certfleet::store::status
