// What sql/functions/lanes.sql and claims.sql do, for the store of the simulation.
#pragma once

#include <vector>

#include "lib/store/turns.h"

namespace certfleet::testing {

// Up to `count` of the ready jobs: the most urgent first, by turns. The arguments mean what those of the SQL
// function ready_by_turns mean.
std::vector<domain::JobRef> ready_by_turns(const std::vector<domain::JobRef>& ready, std::size_t count,
                                           int skip, bool spread, store::Lane after);

}  // namespace certfleet::testing
