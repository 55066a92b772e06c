#include "lib/store/overview.h"

#include "lib/store/rows.h"
#include "lib/store/times.h"

namespace certfleet::store::overview {
namespace {

std::optional<WallTime> time_or_none(const pqxx::field& field) {
  if (field.is_null()) return std::nullopt;
  return wall_time(field.as<double>());
}

constexpr const char* service_columns =
    "SELECT s.id, s.name, g.name AS group_name, s.enabled, s.common_name,"
    " extract(epoch FROM s.not_after) AS not_after, s.order_state AS state,"
    " coalesce(o.error, '') AS error, extract(epoch FROM o.scheduled_at) AS scheduled_at,"
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

}  // namespace certfleet::store::overview
