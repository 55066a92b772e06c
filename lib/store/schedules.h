// The set times of the batch runs. A row each; none is added or removed.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "lib/domain/schedule.h"
#include "lib/store/transaction.h"

namespace certfleet::store::schedules {

std::vector<domain::Schedule> list(Tx& tx);  // by name
std::optional<domain::Schedule> find(Tx& tx, std::string_view task);
std::optional<std::int64_t> id_of(Tx& tx, std::string_view task);  // of its row, for revisions.h

// Changes whether and when it runs, and plans its next run. A run that was missed stays due, unless the schedule
// was disabled until now: what was not to run is not made up. Returns it as it is now. Failure(usage): a time
// zone that the database or this machine does not know.
domain::Schedule update(Tx& tx, const domain::Schedule& schedule);

// Plans anew what runs in the installation's time zone, after that was changed.
void plan_again(Tx& tx);

// What was never planned: the schedules of a new installation. Locked; what others hold is left out.
std::vector<domain::Schedule> unplanned(Tx& tx);

}  // namespace certfleet::store::schedules
