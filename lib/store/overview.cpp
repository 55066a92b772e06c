#include "lib/store/overview.h"

#include "lib/store/rows.h"
#include "lib/store/times.h"

namespace certfleet::store::overview {
namespace {

constexpr std::int64_t leader_lock = 0x6c656164;  // "lead": what the leading scheduler holds

std::optional<WallTime> time_or_none(const pqxx::field& field) {
  if (field.is_null()) return std::nullopt;
  return wall_time(field.as<double>());
}

constexpr const char* service_columns =
    "SELECT s.id, s.name, g.name AS group_name, s.enabled, s.common_name,"
    " (SELECT extract(epoch FROM max(c.not_after)) FROM certificate c WHERE c.service_id = s.id) AS "
    "not_after,"
    " o.state, coalesce(o.error, '') AS error, extract(epoch FROM o.scheduled_at) AS scheduled_at,"
    " (SELECT count(*) FROM node n WHERE n.service_id = s.id) AS nodes"
    " FROM service s JOIN user_group g ON g.id = s.group_id"
    " LEFT JOIN LATERAL (SELECT state, error, scheduled_at FROM ca_order WHERE service_id = s.id"
    "                    ORDER BY id DESC LIMIT 1) o ON true ";

ServiceRow service_of(const pqxx::row& row) {
  ServiceRow service;
  service.id = id_of<ServiceId>(row["id"]);
  service.name = row["name"].as<std::string>();
  service.group = row["group_name"].as<std::string>();
  service.enabled = row["enabled"].as<bool>();
  service.common_name = row["common_name"].as<std::string>();
  service.not_after = time_or_none(row["not_after"]);
  service.order_state = text_of(row["state"]);
  service.order_error = row["error"].as<std::string>();
  service.order_at = time_or_none(row["scheduled_at"]);
  service.nodes = row["nodes"].as<int>();
  return service;
}

NodeRow node_of(const pqxx::row& row) {
  NodeRow node;
  node.id = id_of<NodeId>(row["id"]);
  node.name = row["name"].as<std::string>();
  node.service = row["service_name"].as<std::string>();
  node.site = row["site_name"].as<std::string>();
  node.access = row["access_name"].as<std::string>();
  node.kind = row["kind"].as<std::string>();
  node.enabled = row["enabled"].as<bool>();
  node.apply_status = row["apply_status"].as<std::string>();
  node.apply_at = time_or_none(row["scheduled_at"]);
  node.apply_error = row["error"].as<std::string>();
  node.served_serial = text_of(row["served_serial"]);
  node.served_state = text_of(row["served_state"]);
  node.served_at = time_or_none(row["served_at"]);
  return node;
}

}  // namespace

std::vector<ServiceRow> services(Tx& tx) {
  std::vector<ServiceRow> rows;
  for (const auto& row : tx.raw().exec(std::string(service_columns) + "ORDER BY s.name"))
    rows.push_back(service_of(row));
  return rows;
}

std::optional<ServiceRow> service(Tx& tx, ServiceId id) {
  auto rows = tx.raw().exec_params(std::string(service_columns) + "WHERE s.id = $1", id.value());
  if (rows.empty()) return std::nullopt;
  return service_of(rows[0]);
}

std::vector<NodeRow> nodes(Tx& tx, ServiceId service) {
  std::vector<NodeRow> rows;
  for (const auto& row : tx.raw().exec_params(
           "SELECT n.id, n.name, s.name AS service_name, t.name AS site_name, a.name AS access_name, n.kind,"
           " n.enabled, n.apply_status, extract(epoch FROM p.scheduled_at) AS scheduled_at,"
           " coalesce(p.error, '') AS error, n.served_serial, n.served_state,"
           " extract(epoch FROM n.served_at) AS served_at"
           " FROM node n JOIN service s ON s.id = n.service_id JOIN site t ON t.id = n.site_id"
           " JOIN access a ON a.id = n.access_id"
           " LEFT JOIN LATERAL (SELECT scheduled_at, error FROM apply WHERE node_id = n.id"
           "                    ORDER BY id DESC LIMIT 1) p ON true"
           " WHERE $1::bigint = 0 OR n.service_id = $1 ORDER BY n.name",
           service.value()))
    rows.push_back(node_of(row));
  return rows;
}

std::vector<WorkerRow> workers(Tx& tx) {
  std::vector<WorkerRow> rows;
  for (const auto& row : tx.raw().exec(
           "SELECT s.id, s.queue, s.host, s.pid, coalesce(t.name, '') AS site, s.slots, s.draining,"
           " extract(epoch FROM s.started_at) AS started_at,"
           " (SELECT count(*) FROM job WHERE job.session_id = s.id AND job.state = 'running') AS running"
           " FROM session s LEFT JOIN site t ON t.id = s.site_id WHERE s.expires_at > now()"
           " ORDER BY s.queue, s.host, s.pid"))
    rows.push_back({id_of<SessionId>(row["id"]), row["queue"].as<std::string>(),
                    row["host"].as<std::string>(), row["pid"].as<int>(), row["site"].as<std::string>(),
                    row["slots"].as<int>(), row["running"].as<int>(), row["draining"].as<bool>(),
                    wall_time(row["started_at"].as<double>())});
  return rows;
}

std::vector<DaemonRow> daemons(Tx& tx) {
  // A daemon may hold several connections; their names begin with program and process.
  std::vector<DaemonRow> rows;
  for (const auto& row : tx.raw().exec_params(
           "SELECT split_part(application_name, ' ', 1) AS program, split_part(application_name, ' ', 2) AS "
           "pid,"
           " bool_or(EXISTS (SELECT 1 FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory'"
           "                 AND l.granted AND l.classid = 0 AND l.objid::bigint = $1)) AS leads"
           " FROM pg_stat_activity a WHERE datname = current_database()"
           " AND application_name ~ '^certfleet-(scheduler|broker) [0-9]+' GROUP BY 1, 2 ORDER BY 1, "
           "2::integer",
           leader_lock))
    rows.push_back({row["program"].as<std::string>(), row["pid"].as<int>(), row["leads"].as<bool>()});
  return rows;
}

std::vector<QueueRow> queues(Tx& tx) {
  std::vector<QueueRow> rows;
  for (const auto& row : tx.raw().exec(
           "SELECT q.queue, coalesce(j.waiting, 0) AS waiting, coalesce(j.ready, 0) AS ready,"
           " coalesce(j.running, 0) AS running, coalesce(d.dead, 0) AS dead"
           " FROM unnest(enum_range(NULL::job_queue)) WITH ORDINALITY AS q(queue, place)"
           " LEFT JOIN (SELECT queue, count(*) FILTER (WHERE state = 'waiting') AS waiting,"
           "            count(*) FILTER (WHERE state = 'ready') AS ready,"
           "            count(*) FILTER (WHERE state = 'running') AS running FROM job GROUP BY queue) j "
           "USING (queue)"
           " LEFT JOIN (SELECT queue, count(*) AS dead FROM job_dead GROUP BY queue) d USING (queue)"
           " ORDER BY q.place"))
    rows.push_back({row["queue"].as<std::string>(), row["waiting"].as<int>(), row["ready"].as<int>(),
                    row["running"].as<int>(), row["dead"].as<int>()});
  return rows;
}

}  // namespace certfleet::store::overview
