// The checks of `certfleet doctor` in the database: a file each under sql/checks, one for every invariant I1 to I7
// (DESIGN section 3). They only count, and tell no content. Each is a function of the schema that runs with the
// owner's rights, so that it counts all there is, whoever asks: people may call them, nobody else.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.h"
#include "lib/store/transaction.h"

namespace certfleet::store::checks {

struct Row {
  std::string subject;  // what was counted: the file says which words there are
  std::int64_t found = 0;
  std::optional<double> seconds;  // how long already, or by how much
  bool operator==(const Row&) const = default;
};

// All there are, by name.
std::vector<std::string> names();

// Looks only at what an index leads to, or at a bounded part: answers within a second with a million jobs.
std::vector<Row> run(Tx& tx, std::string_view name);

// The database's clock, for comparison.
WallTime clock(Tx& tx);

// Makes the functions anew. By the owner, after the roles.
void install(Tx& tx);

}  // namespace certfleet::store::checks
