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

// Newest certificates of enabled services that end after `from` and up to `to` days from now.
Topic ending(Tx& tx, std::optional<int> from, int to, int first_max) {
  auto after = from ? fmt::format("c.not_after {} now() + make_interval(hours => {})", *from == 0 ? ">" : ">=",
                                  24 * *from)
                    : "true";
  auto until = fmt::format("c.not_after {} now() + make_interval(hours => {})", to == 0 ? "<=" : "<", 24 * to);
  return topic_of(tx.raw().exec_params(
      "WITH found AS MATERIALIZED (SELECT c.service_id, c.not_after FROM certificate c"
      " JOIN service s ON s.id = c.service_id WHERE s.enabled AND " +
          after + " AND " + until +
          " AND NOT EXISTS (SELECT 1 FROM certificate later WHERE later.service_id = c.service_id"
          "                 AND (later.not_after, later.id) > (c.not_after, c.id))),"
          " few AS (SELECT * FROM found ORDER BY not_after LIMIT $1)"
          " SELECT (SELECT count(*) FROM found) AS count, s.name AS service, NULL AS node,"
          " extract(epoch FROM few.not_after) AS at, NULL AS state, NULL AS error"
          " FROM few JOIN service s ON s.id = few.service_id ORDER BY few.not_after, s.name",
      first_max));
}

Topic orders(Tx& tx, const char* states, const char* order, int first_max) {
  return topic_of(tx.raw().exec_params(
      fmt::format("WITH found AS MATERIALIZED (SELECT o.id, o.service_id, o.state, o.scheduled_at, o.error"
                  " FROM ca_order o JOIN service s ON s.id = o.service_id WHERE s.enabled AND o.state IN ({})"
                  " AND NOT EXISTS (SELECT 1 FROM ca_order later WHERE later.service_id = o.service_id"
                  "                 AND later.id > o.id)),"
                  " few AS (SELECT * FROM found ORDER BY {} LIMIT $1)"
                  " SELECT (SELECT count(*) FROM found) AS count, s.name AS service, NULL AS node,"
                  " extract(epoch FROM few.scheduled_at) AS at, few.state, few.error"
                  " FROM few JOIN service s ON s.id = few.service_id ORDER BY few.{}",
                  states, order, order),
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
  board.orders_failed = orders(tx, "'failed'", "id DESC", first_max);
  board.orders_scheduled = orders(tx, "'scheduled'", "scheduled_at", first_max);
  board.orders_under_way = orders(tx, "'started', 'placed'", "id", first_max);
  board.applies_failed = applies(tx, "'failed', 'rolled_back'", first_max);
  board.applies_scheduled = applies(tx, "'scheduled'", first_max);
  board.applies_under_way = applies(tx, "'started'", first_max);
  return board;
}

std::string login(Tx& tx) { return tx.raw().exec1("SELECT session_user")[0].as<std::string>(); }

}  // namespace certfleet::store::board
