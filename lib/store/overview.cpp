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
    " extract(epoch FROM s.not_after) AS not_after, s.order_state AS state, s.order_in_error,"
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
  service.order_in_error = row["order_in_error"].as<bool>();
  service.order_error = row["error"].as<std::string>();
  service.order_at = time_or_none(row["scheduled_at"]);
  service.nodes = row["nodes"].as<int>();
  return service;
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

}  // namespace certfleet::store::overview
