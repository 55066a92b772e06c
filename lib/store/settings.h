// The settings of the whole installation: one row (manual 6.2).
#pragma once

#include <string>

#include "lib/base/clock.h"
#include "lib/domain/inventory.h"
#include "lib/store/transaction.h"

namespace certfleet::store::settings {

domain::Settings get(Tx& tx);
// A new time zone moves the batch runs that have none of their own. Failure(usage): one that the database or this
// machine does not know.
void update(Tx& tx, const domain::Settings& settings);

// "2023/02/19 03:35:06" in the installation's time zone: PostgreSQL knows all zones and their history.
std::string local_time(Tx& tx, WallTime at);

}  // namespace certfleet::store::settings
