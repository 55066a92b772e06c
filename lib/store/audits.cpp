#include "lib/store/audits.h"

#include <algorithm>

#include "lib/store/arrays.h"
#include "lib/store/rows.h"
#include "lib/store/times.h"

namespace certfleet::store::audits {
namespace {

Change change_of(const pqxx::row& row) {
  Change change;
  change.id = row["id"].as<std::int64_t>();
  change.at = wall_time(row["at"].as<double>());
  change.who = row["who"].as<std::string>();
  change.action = row["action"].as<std::string>();
  change.table = row["table_name"].as<std::string>();
  change.name = row["name"].as<std::string>("");
  return change;
}

// What differs of each of them; `changes` by id.
void add_fields(Tx& tx, std::vector<Change>& changes) {
  ArrayLiteral ids;
  for (const auto& change : changes) ids.add(change.id);
  auto at = changes.begin();
  for (const auto& row : tx.raw().exec_params(
           "SELECT a.id, k.key, a.before ->> k.key AS before, a.after ->> k.key AS after"
           " FROM audit a, LATERAL (SELECT DISTINCT jsonb_object_keys(coalesce(a.before, '{}')"
           "                                                      || coalesce(a.after, '{}')) AS key) k"
           " WHERE a.id = ANY ($1::bigint[]) AND a.before ->> k.key IS DISTINCT FROM a.after ->> k.key"
           " ORDER BY a.id, k.key",
           ids.take())) {
    while (at->id != row["id"].as<std::int64_t>()) ++at;
    at->fields.push_back({row["key"].as<std::string>(), text_of(row["before"]), text_of(row["after"])});
  }
}

}  // namespace

std::vector<Change> newest(Tx& tx, const Filter& filter, int rows_max) {
  auto& raw = tx.raw();
  std::string where = "true";
  if (!filter.who.empty()) where += " AND who = " + raw.quote(filter.who);
  if (!filter.tables.empty())
    where += fmt::format(" AND table_name = ANY ({}::text[])", raw.quote(array_literal(filter.tables)));
  if (!filter.name.empty()) where += " AND name = " + raw.quote(filter.name);
  if (filter.since) where += fmt::format(" AND at >= '{}'", timestamp(*filter.since));
  std::vector<Change> changes;
  for (const auto& row : raw.exec_params("SELECT id, extract(epoch FROM at) AS at, who, action, table_name, name"
                                         " FROM audit WHERE " + where + " ORDER BY id DESC LIMIT $1",
                                         rows_max))
    changes.push_back(change_of(row));
  std::reverse(changes.begin(), changes.end());
  if (!changes.empty()) add_fields(tx, changes);
  return changes;
}

}  // namespace certfleet::store::audits
