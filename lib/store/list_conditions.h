// How lists find their rows among a million (sql/migrations/0016_large_inventories.sql). For .cpp files of this room:
// it makes SQL.
#pragma once

#include <string>
#include <vector>

#include "lib/store/transaction.h"

namespace certfleet::store {

// The condition that a row of `table` ("service", "node") has one of `parts` in what is searched, whatever the case,
// beginning with AND. If few rows have, the condition is their ids, and sorting and counting them costs nothing; else
// the first page of them is found soon, in whatever order.
std::string with_part(Tx& tx, const char* table, const std::vector<std::string>& parts);

// The condition that a row is of the asking person's groups, beginning with AND; empty for others, who see all. The
// policies say the same, but to the planner they tell no numbers: one that knows them knows whether his rows are few,
// and does not look for them through all others. It shows nobody more: the policies hold as well.
std::string of_my_groups(Tx& tx);

// " = 'failed'" or " IN ('failed', 'rolled_back')": a single one is the beginning of an index that goes on.
std::string one_of(Tx& tx, const std::vector<std::string>& words);

}  // namespace certfleet::store
