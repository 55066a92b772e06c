// The schema: tables, which numbered migrations change, and code upon them (functions and triggers, roles and rights,
// checks), which each migration applies anew as a whole.
#pragma once

#include <string>

#include "lib/store/transaction.h"

namespace certfleet::store {

// The version this program was built for: the number of the last migration.
int schema_version();

// The digest of the code that this program was built with. It has no order: of two there is no older one.
const std::string& schema_code();

// What is found in a database: the version of its schema (0: none), and the digest of the code applied to it last.
struct FoundSchema {
  int version = 0;
  std::string code;
};
FoundSchema found_schema(Tx& tx);

// The version of a database's schema (0: none) and of its server ("PostgreSQL 15.10").
struct Versions {
  int schema = 0;
  std::string server;
};
Versions versions(Database& database);

// Brings the database to schema_version() and schema_code() in one transaction (DESIGN section 4).
// The connection must be the owner's. Returns the version found before, 0 for an empty database.
// Failure(conflict) if the database is newer than this program.
int migrate(Database& database);

// Failure(conflict) in one line if the database has another version or other code; Failure(not_found) if it has no
// schema.
void require_schema(Database& database);

}  // namespace certfleet::store
