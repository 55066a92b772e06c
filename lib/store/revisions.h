// How two people who edit the same thing are kept from undoing each other's work without knowing it. The database
// counts the changes of each row that people configure (sql/functions/revisions.sql); whoever edits locks
// the row first, compares the revision with the one he has seen, and reads what he changes after that.
#pragma once

#include <cstdint>
#include <map>

#include "lib/store/transaction.h"

namespace certfleet::store::revisions {

enum class Table {
  company,
  site,
  group,
  user,
  notification,
  settings,       // one row: any id
  mail_settings,  // the same
  access,
  ca_account,
  organization,
  applicant,
  ev_approver,
  service,
  node,
  schedule,
};

// 1 for a new row, one more with each change of what is configured; what daemons note in a row does not count.
// Failure(not_found) if there is no such row.
std::int64_t of(Tx& tx, Table table, std::int64_t id);

// The same, and until the end of the transaction nobody else changes the row or refers to it anew. Whoever waits
// here sees what the other has committed.
std::int64_t lock(Tx& tx, Table table, std::int64_t id);

// The same for several, by id; what is not there is left out.
std::map<std::int64_t, std::int64_t> lock_all(Tx& tx, Table table, const std::vector<std::int64_t>& ids);

// Of all rows of a table, by id.
std::map<std::int64_t, std::int64_t> all(Tx& tx, Table table);

}  // namespace certfleet::store::revisions
