#include "lib/store/service_list.h"

#include <algorithm>

#include "lib/store/list_conditions.h"
#include "lib/store/rows.h"
#include "lib/store/times.h"

namespace certfleet::store::service_list {
namespace {

// As the indexes have it: a service without certificate sorts behind all others.
std::string key_of(Sort sort) {
  switch (sort) {
    case Sort::name: return "s.name";
    case Sort::common_name: return "s.common_name";
    case Sort::expiry: return "s.expires";
    case Sort::order_state: return "s.order_key";
  }
  return "s.name";
}

// In the words of the index by expiry, so that it serves.
std::string range_of(State state) {
  auto end = key_of(Sort::expiry);
  // Days of 24 hours, as everywhere (lib/domain/expiry.h): those of the session's time zone may have 23.
  auto days_left = [&](int from, int to) {
    return fmt::format("{0} {1} now() + interval '{2} hours' AND {0} < now() + interval '{3} hours'", end,
                       from == 0 ? ">" : ">=", 24 * from, 24 * to);
  };
  switch (state) {
    case State::ok: return fmt::format("{0} >= now() + interval '{1} hours' AND {0} < 'infinity'", end, 24 * 90);
    case State::expiring: return days_left(0, 90);
    case State::under_90: return days_left(60, 90);
    case State::under_60: return days_left(30, 60);
    case State::under_30: return days_left(15, 30);
    case State::under_15: return days_left(0, 15);
    case State::expired: return fmt::format("{} <= now()", end);
    case State::none: return fmt::format("{} = 'infinity'", end);
  }
  return "true";
}

// What a row must fulfil, beginning with AND.
std::string conditions(Tx& tx, const Query& query) {
  auto all = of_my_groups(tx);
  if (query.text) {
    std::vector<std::string> parts{*query.text};
    if (query.common_name && query.common_name != query.text) parts.push_back(*query.common_name);
    all += with_part(tx, "service", parts);
  }
  if (query.group) all += fmt::format(" AND s.group_id = {}", query.group.value());
  if (query.state) all += " AND " + range_of(*query.state);
  if (query.enabled) all += *query.enabled ? " AND s.enabled" : " AND NOT s.enabled";
  if (query.state && !query.enabled) all += " AND s.enabled";
  if (!query.order_states.empty()) {
    auto states = query.order_states;
    std::replace(states.begin(), states.end(), std::string("none"), std::string());
    all += " AND s.order_key" + one_of(tx, states);
  }
  if (query.order_in_error) all += *query.order_in_error ? " AND s.order_in_error" : " AND NOT s.order_in_error";
  return all;
}

// Behind the row with this name.
std::string behind(Tx& tx, const Query& query, const std::string& name) {
  auto rows = tx.raw().exec_params(
      fmt::format("SELECT {}::text, id FROM service s WHERE name = $1", key_of(query.sort)), name);
  if (rows.empty()) throw Failure(Fault::not_found,
                  Text{"サービス {} はないので続きを表示できません", "there is no service {} to go on from"}, name);
  return fmt::format(" AND ({}, s.id) {} ({}, {})", key_of(query.sort), query.reverse ? "<" : ">",
                     tx.raw().quote(rows[0][0].as<std::string>()), rows[0][1].as<std::int64_t>());
}

overview::ServiceRow row_of(const pqxx::row& row) {
  overview::ServiceRow service;
  service.id = id_of<ServiceId>(row["id"]);
  service.name = row["name"].as<std::string>();
  service.group = row["group_name"].as<std::string>();
  service.enabled = row["enabled"].as<bool>();
  service.common_name = row["common_name"].as<std::string>();
  if (!row["not_after"].is_null()) service.not_after = wall_time(row["not_after"].as<double>());
  service.order_state = text_of(row["order_state"]);
  service.order_in_error = row["order_in_error"].as<bool>();
  service.nodes = row["nodes"].as<int>();
  return service;
}

// The page is chosen before anything is looked up for its rows.
std::string select(Tx& tx, const Query& query, const std::string& filter) {
  auto where = filter + (query.after ? behind(tx, query, *query.after) : "");
  auto order = fmt::format("ORDER BY {0} {1}, s.id {1}", key_of(query.sort), query.reverse ? "DESC" : "ASC");
  auto limit = query.limit > 0 ? fmt::format("LIMIT {}", query.limit) : std::string();
  return fmt::format(
      "WITH page AS MATERIALIZED (SELECT id, name, group_id, enabled, common_name, not_after, order_state,"
      " order_in_error, expires, order_key FROM service s WHERE true {0} {1} {2})"
      " SELECT s.id, s.name, g.name AS group_name, s.enabled, s.common_name,"
      " extract(epoch FROM s.not_after) AS not_after, s.order_state, s.order_in_error,"
      " (SELECT count(*) FROM node n WHERE n.service_id = s.id) AS nodes"
      " FROM page s JOIN user_group g ON g.id = s.group_id {1}",
      where, order, limit);
}

}  // namespace

Page page(Tx& tx, const Query& query) {
  auto filter = conditions(tx, query);
  Page page;
  for (const auto& row : tx.raw().exec(select(tx, query, filter))) page.rows.push_back(row_of(row));
  if (query.limit == 0 || page.rows.size() < static_cast<std::size_t>(query.limit)) return page;
  page.more = tx.raw()
                  .exec1(fmt::format("SELECT count(*) FROM (SELECT 1 FROM service s WHERE true {} LIMIT {}) AS rest",
                                     filter + behind(tx, query, page.rows.back().name), more_max + 1))[0]
                  .as<int>();
  return page;
}

std::string explained(Tx& tx, const Query& query) {
  std::string text;
  auto page = select(tx, query, conditions(tx, query));
  for (const auto& row : tx.raw().exec("EXPLAIN " + page)) text += row[0].as<std::string>() + '\n';
  return text;
}

}  // namespace certfleet::store::service_list
