#include "lib/store/node_list.h"

#include <iterator>

#include "lib/store/list_conditions.h"
#include "lib/store/rows.h"
#include "lib/store/times.h"

namespace certfleet::store {
namespace {

using node_list::By;
using node_list::Filter;
using node_list::Order;

std::optional<WallTime> time_or_none(const pqxx::field& field) {
  if (field.is_null()) return std::nullopt;
  return wall_time(field.as<double>());
}

overview::NodeRow row_of(const pqxx::row& row) {
  overview::NodeRow node;
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

// Names and applies are looked up for the rows of the page only, which `from` says and `order` sorts.
std::vector<overview::NodeRow> rows_of(Tx& tx, const std::string& from, const std::string& order) {
  std::vector<overview::NodeRow> rows;
  for (const auto& row : tx.raw().exec(
           "SELECT n.id, n.name, s.name AS service_name, t.name AS site_name, a.name AS access_name, n.kind,"
           " n.enabled, n.apply_status, extract(epoch FROM p.scheduled_at) AS scheduled_at,"
           " coalesce(p.error, '') AS error, n.served_serial, n.served_state,"
           " extract(epoch FROM n.served_at) AS served_at FROM (" +
           from +
           ") n JOIN service s ON s.id = n.service_id JOIN site t ON t.id = n.site_id"
           " JOIN access a ON a.id = n.access_id"
           " LEFT JOIN LATERAL (SELECT scheduled_at, error FROM apply WHERE node_id = n.id"
           "                    ORDER BY id DESC LIMIT 1) p ON true ORDER BY " +
           order))
    rows.push_back(row_of(row));
  return rows;
}

std::string where(Tx& tx, const Filter& filter) {
  auto& raw = tx.raw();
  auto where = "true" + of_my_groups(tx);
  if (filter.service) where += fmt::format(" AND service_id = {}", filter.service.value());
  if (filter.site) where += fmt::format(" AND site_id = {}", filter.site.value());
  if (filter.access) where += fmt::format(" AND access_id = {}", filter.access.value());
  if (filter.kind) where += " AND kind = " + raw.quote(*filter.kind);
  if (filter.enabled) where += *filter.enabled ? " AND enabled" : " AND NOT enabled";
  // Disabled services are few, or else found by a look at each.
  if (filter.service_enabled)
    where += *filter.service_enabled
                 ? " AND EXISTS (SELECT 1 FROM service s WHERE s.id = node.service_id AND s.enabled)"
                 : " AND service_id = ANY (ARRAY(SELECT id FROM service WHERE NOT enabled))";
  if (!filter.apply_statuses.empty()) where += " AND apply_status" + one_of(tx, filter.apply_statuses);
  if (!filter.name_part.empty()) where += with_part(tx, "node", {filter.name_part});
  return where;
}

// As the indexes have it.
std::string sort_of(const Order& order, const char* table = "") {
  const char* way = order.descending ? " DESC" : "";
  const char* never_seen = "";
  const char* key = "id";
  switch (order.by) {
    case By::name: return fmt::format("{}name{}", table, way);
    case By::id: return fmt::format("{}id{}", table, way);
    case By::apply_status: key = "apply_status"; break;
    case By::served_at:
      key = "served_at";
      never_seen = order.descending ? " NULLS LAST" : " NULLS FIRST";
      break;
  }
  return fmt::format("{0}{1}{2}{3}, {0}id{2}", table, key, way, never_seen);
}

// Where the nodes are that come behind a node never seen, or seen then: a piece of the index, or two, since no
// comparison is true of what was never seen.
std::vector<std::string> behind_by_served_at(Tx& tx, bool descending, const pqxx::row& from) {
  auto id = from["id"].as<std::int64_t>();
  const char* sign = descending ? "<" : ">";
  std::vector<std::string> pieces;
  if (from["served_at"].is_null()) {
    pieces.push_back(fmt::format(" AND served_at IS NULL AND id {} {}", sign, id));
    if (!descending) pieces.emplace_back(" AND served_at IS NOT NULL");
  } else {
    pieces.push_back(fmt::format(" AND (served_at, id) {} ({}, {})", sign,
                                 tx.raw().quote(from["served_at"].as<std::string>()), id));
    if (descending) pieces.emplace_back(" AND served_at IS NULL");
  }
  return pieces;
}

// The pieces of the order that come behind `after`, one after the other.
std::vector<std::string> behind(Tx& tx, const Order& order) {
  if (order.after.empty()) return {""};
  const char* sign = order.descending ? "<" : ">";
  auto name = tx.raw().quote(order.after);
  if (order.by == By::name) return {fmt::format(" AND name {} {}", sign, name)};
  auto rows = tx.raw().exec_params("SELECT id, apply_status, served_at FROM node WHERE name = $1", order.after);
  if (rows.empty())
    throw Failure(Fault::not_found,
                  Text{"続きを表示する基準のノード {} がありません", "there is no node {} to go on behind"}, order.after);
  const auto& from = rows[0];
  if (order.by == By::served_at) return behind_by_served_at(tx, order.descending, from);
  if (order.by == By::id) return {fmt::format(" AND id {} {}", sign, from["id"].c_str())};
  return {fmt::format(" AND (apply_status, id) {} ({}, {})", sign,
                      tx.raw().quote(from["apply_status"].as<std::string>()), from["id"].c_str())};
}

std::string select(const std::string& filtered, const std::string& piece, const Order& order, int rows_max) {
  return fmt::format("SELECT * FROM node WHERE {}{} ORDER BY {} {}", filtered, piece, sort_of(order),
                     rows_max > 0 ? fmt::format("LIMIT {}", rows_max) : std::string());
}

}  // namespace

namespace node_list {

std::optional<By> by_from(std::string_view word) {
  if (word == "name") return By::name;
  if (word == "id") return By::id;
  if (word == "apply-status") return By::apply_status;
  if (word == "served-at") return By::served_at;
  return std::nullopt;
}

Page page(Tx& tx, const Filter& filter, const Order& order, int rows_max) {
  auto filtered = where(tx, filter);
  Page page;
  for (const auto& piece : behind(tx, order)) {
    auto left = rows_max > 0 ? rows_max - static_cast<int>(page.rows.size()) : 0;
    if (rows_max > 0 && left == 0) break;
    auto rows = rows_of(tx, select(filtered, piece, order, left), sort_of(order, "n."));
    std::move(rows.begin(), rows.end(), std::back_inserter(page.rows));
  }
  if (rows_max == 0 || page.rows.size() < static_cast<std::size_t>(rows_max)) return page;
  auto next = order;
  next.after = page.rows.back().name;
  for (const auto& piece : behind(tx, next)) {
    if (page.more > more_max) break;
    page.more += tx.raw()
                     .exec1(fmt::format("SELECT count(*) FROM (SELECT 1 FROM node WHERE {}{} LIMIT {}) AS rest",
                                        filtered, piece, more_max + 1 - page.more))[0]
                     .as<int>();
  }
  return page;
}

std::string explained(Tx& tx, const Filter& filter, const Order& order, int rows_max) {
  std::string text;
  for (const auto& piece : behind(tx, order))
    for (const auto& row : tx.raw().exec("EXPLAIN " + select(where(tx, filter), piece, order, rows_max)))
      text += row[0].as<std::string>() + '\n';
  return text;
}

}  // namespace node_list

std::vector<overview::NodeRow> overview::nodes(Tx& tx, ServiceId service) {
  Filter filter;
  filter.service = service;
  return rows_of(tx, "SELECT * FROM node WHERE " + where(tx, filter), "n.name");
}

}  // namespace certfleet::store
