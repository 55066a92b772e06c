// The books at the end, when nothing runs any more: what was enqueued against what became of it (DESIGN
// section 3, I1 to I4).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/faults/cluster.h"

namespace certfleet::faults {

// Lines that say what is wrong, each beginning with the invariant. `acts` as the outside has counted them,
// `acknowledged` the tasks whose commit came back.
std::vector<std::string> check_ledger(const Cluster& cluster, const std::map<std::string, int>& acts,
                                      const std::vector<std::int64_t>& acknowledged);

}  // namespace certfleet::faults
