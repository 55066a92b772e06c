// How lists find what has a text in its name, whatever the case (sql/migrations/0016_large_inventories.sql). For .cpp
// files of this room: it makes SQL.
#pragma once

#include <string>
#include <vector>

#include "lib/store/transaction.h"

namespace certfleet::store {

// The condition that a row of `table` ("service", "node") has one of `parts` in what is searched, beginning with AND.
// If few rows have, the condition is their ids, and sorting and counting them costs nothing; else the first page of
// them is found soon, in whatever order.
std::string with_part(Tx& tx, const char* table, const std::vector<std::string>& parts);

}  // namespace certfleet::store
