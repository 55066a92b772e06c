#include "lib/store/revisions.h"

#include "lib/store/arrays.h"
#include "lib/store/rows.h"

namespace certfleet::store::revisions {
namespace {

struct Place {
  const char* table;
  Text noun;
  bool by_id;
};

Place place_of(Table table) {
  switch (table) {
    case Table::company: return {"company", nouns::company, true};
    case Table::site: return {"site", nouns::site, true};
    case Table::group: return {"user_group", nouns::group, true};
    case Table::user: return {"app_user", nouns::user, true};
    case Table::notification: return {"notification_table", nouns::notification, true};
    case Table::settings: return {"settings", nouns::settings, false};
    case Table::mail_settings: return {"mail_settings", nouns::mail_settings, false};
    case Table::access: return {"access", nouns::access, true};
    case Table::ca_account: return {"ca_account", nouns::ca_account, true};
    case Table::organization: return {"organization", nouns::organization, true};
    case Table::applicant: return {"applicant", nouns::applicant, true};
    case Table::ev_approver: return {"ev_approver", nouns::ev_approver, true};
    case Table::service: return {"service", nouns::service, true};
    case Table::node: return {"node", nouns::node, true};
    case Table::schedule: return {"schedule", nouns::schedule, true};
  }
  return {"service", nouns::service, true};
}

std::int64_t read(Tx& tx, Table table, std::int64_t id, const char* how) {
  auto place = place_of(table);
  auto query = fmt::format("SELECT revision FROM {} WHERE {} {}", place.table,
                           place.by_id ? "id = $1" : "single AND $1::bigint IS NOT NULL", how);
  auto rows = tx.raw().exec_params(query, id);
  require_row(rows, place.noun, id);
  return rows[0][0].as<std::int64_t>();
}

std::map<std::int64_t, std::int64_t> by_id(const pqxx::result& rows) {
  std::map<std::int64_t, std::int64_t> revisions;
  for (const auto& row : rows) revisions.emplace(row[0].as<std::int64_t>(), row[1].as<std::int64_t>());
  return revisions;
}

}  // namespace

std::int64_t of(Tx& tx, Table table, std::int64_t id) { return read(tx, table, id, ""); }

std::int64_t lock(Tx& tx, Table table, std::int64_t id) { return read(tx, table, id, "FOR UPDATE"); }

std::map<std::int64_t, std::int64_t> lock_all(Tx& tx, Table table, const std::vector<std::int64_t>& ids) {
  return by_id(tx.raw().exec_params(
      fmt::format("SELECT id, revision FROM {} WHERE id = ANY ($1::bigint[]) ORDER BY id FOR UPDATE",
                  place_of(table).table),
      array_literal(ids)));
}

std::map<std::int64_t, std::int64_t> all(Tx& tx, Table table) {
  return by_id(tx.raw().exec(fmt::format("SELECT id, revision FROM {}", place_of(table).table)));
}

}  // namespace certfleet::store::revisions
