// The schema's version, its migrations and its roles.
#pragma once

#include "lib/store/transaction.h"

namespace certfleet::store {

// The version this program was built for: the number of the last migration.
int schema_version();

// Brings the database to schema_version() in one transaction (DESIGN section 4) and sets the roles' rights.
// The connection must be the owner's. Returns the version found before, 0 for an empty database.
// Failure(conflict) if the database is newer than this program.
int migrate(Database& database);

// The version of the database, 0 if it has no schema.
int found_schema_version(Tx& tx);

// Failure(conflict) in one line if the database has another version; Failure(not_found) if it has none.
void require_schema(Database& database);

}  // namespace certfleet::store
