#include "lib/store/board.h"

#include <fmt/format.h>

#include "lib/store/rows.h"
#include "lib/store/times.h"

namespace certfleet::store::board {
namespace {

// `rows` are one topic's first ones; each has the whole count.
Topic topic_of(const pqxx::result& rows) {
  Topic topic;
  for (const auto& row : rows) {
    topic.count = row["count"].as<int>();
    Item item;
    item.service = row["service"].as<std::string>();
    item.node = row["node"].as<std::string>("");
    if (!row["at"].is_null()) item.at = wall_time(row["at"].as<double>());
    item.state = row["state"].as<std::string>("");
    item.error = row["error"].as<std::string>("");
    topic.first.push_back(std::move(item));
  }
  return topic;
}

// Enabled services whose newest certificate ends from `from` to `to` days from now.
Topic ending(Tx& tx, std::optional<int> from, int to, int first_max) {
  // As the index has it, so that it is used.
  constexpr const char* ends = "s.expires";
  auto after = from ? fmt::format("{} {} now() + make_interval(hours => {})", ends, *from == 0 ? ">" : ">=", 24 * *from)
                    : "true";
  auto until = fmt::format("{} {} now() + make_interval(hours => {})", ends, to == 0 ? "<=" : "<", 24 * to);
  auto found = fmt::format("FROM service s WHERE s.enabled AND {} AND {}", after, until);
  return topic_of(tx.raw().exec_params(
      fmt::format("SELECT (SELECT count(*) {0}) AS count, s.name AS service, NULL AS node,"
                  " extract(epoch FROM s.not_after) AS at, NULL AS state, NULL AS error {0}"
                  " ORDER BY {1}, s.id LIMIT $1",
                  found, ends),
      first_max));
}

// Enabled services whose newest order has failed, or met an error and is tried again.
Topic failed_orders(Tx& tx, int first_max) {
  return topic_of(tx.raw().exec_params(
      fmt::format("SELECT (SELECT count(*) {0}) AS count, few.name AS service, NULL AS node,"
                  " extract(epoch FROM o.scheduled_at) AS at, o.state, o.error"
                  " FROM (SELECT s.id, s.name {0} ORDER BY s.id LIMIT $1) AS few,"
                  " LATERAL (SELECT state, scheduled_at, error FROM ca_order WHERE service_id = few.id"
                  "          ORDER BY id DESC LIMIT 1) AS o ORDER BY few.id",
                  "FROM service s WHERE s.enabled AND s.order_in_error"),
      first_max));
}

// Orders of enabled services that have not ended and met no error; such a one is the newest of its service.
Topic live_orders(Tx& tx, const char* states, int first_max) {
  return topic_of(tx.raw().exec_params(
      fmt::format("SELECT (SELECT count(*) {0}) AS count, s.name AS service, NULL AS node,"
                  " extract(epoch FROM o.scheduled_at) AS at, o.state, o.error"
                  " FROM ca_order o JOIN service s ON s.id = o.service_id"
                  " WHERE s.enabled AND o.ended_at IS NULL AND o.error IS NULL AND o.state IN ({1})"
                  " ORDER BY o.scheduled_at, o.id LIMIT $1",
                  fmt::format("FROM service s WHERE s.enabled AND NOT s.order_in_error AND s.order_key IN ({})",
                              states),
                  states),
      first_max));
}

Topic applies(Tx& tx, const char* states, int first_max) {
  return topic_of(tx.raw().exec_params(
      fmt::format("WITH found AS MATERIALIZED (SELECT n.id, n.name, n.apply_status, s.name AS service"
                  " FROM node n JOIN service s ON s.id = n.service_id"
                  " WHERE n.apply_status IN ({}) AND n.enabled AND s.enabled),"
                  " few AS (SELECT * FROM found ORDER BY service, name LIMIT $1)"
                  " SELECT (SELECT count(*) FROM found) AS count, few.service, few.name AS node,"
                  " extract(epoch FROM p.scheduled_at) AS at, few.apply_status AS state, p.error"
                  " FROM few LEFT JOIN LATERAL (SELECT scheduled_at, error FROM apply WHERE node_id = few.id"
                  "                              ORDER BY id DESC LIMIT 1) p ON true ORDER BY few.service, few.name",
                  states),
      first_max));
}

}  // namespace

Board get(Tx& tx, int first_max) {
  Board board;
  board.expired = ending(tx, std::nullopt, 0, first_max);
  board.under_15 = ending(tx, 0, 15, first_max);
  board.under_30 = ending(tx, 15, 30, first_max);
  board.under_60 = ending(tx, 30, 60, first_max);
  board.under_90 = ending(tx, 60, 90, first_max);
  board.orders_failed = failed_orders(tx, first_max);
  board.orders_scheduled = live_orders(tx, "'scheduled'", first_max);
  board.orders_under_way = live_orders(tx, "'started', 'placed'", first_max);
  board.applies_failed = applies(tx, "'failed', 'rolled_back'", first_max);
  board.applies_scheduled = applies(tx, "'scheduled'", first_max);
  board.applies_under_way = applies(tx, "'started'", first_max);
  return board;
}

std::string login(Tx& tx) { return tx.raw().exec1("SELECT session_user")[0].as<std::string>(); }

}  // namespace certfleet::store::board
