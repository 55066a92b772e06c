// The audit log: what persons changed (docs/security.md). Written by the database's triggers only; the database
// shows an administrator what concerns his groups and what concerns none, and others nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/store/transaction.h"

namespace certfleet::store::audits {

struct Field {
  std::string name;
  std::optional<std::string> before, after;  // sealed values are blanked
};

struct Change {
  std::int64_t id = 0;
  WallTime at;
  std::string who;
  std::string action;  // INSERT, UPDATE, DELETE
  std::string table;
  std::string name;           // what it is called, "" if nothing
  std::vector<Field> fields;  // those that differ, by name
};

struct Filter {
  std::string who;                  // "": anybody
  std::vector<std::string> tables;  // empty: all
  std::string name;
  std::optional<WallTime> since;
};

std::vector<Change> newest(Tx& tx, const Filter& filter, int rows_max);  // the newest last

}  // namespace certfleet::store::audits
