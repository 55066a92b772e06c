// The schema's version, its migrations and its roles.
#pragma once

#include "lib/store/transaction.h"

namespace certfleet::store {

// The version this program was built for: the number of the last migration.
int schema_version();

// What is found in a database: the version of its schema (0: none) and of its server ("PostgreSQL 15.10").
struct Versions {
  int schema = 0;
  std::string server;
};
Versions versions(Database& database);

// Brings the database to schema_version() in one transaction (DESIGN section 4), and applies functions, triggers
// and rights anew.
// The connection must be the owner's. Returns the version found before, 0 for an empty database.
// Failure(conflict) if the database is newer than this program.
int migrate(Database& database);

// The version of the database, 0 if it has no schema.
int found_schema_version(Tx& tx);

// Failure(conflict) in one line if the database has another version; Failure(not_found) if it has none.
void require_schema(Database& database);

}  // namespace certfleet::store
