// Rows of the table of schedules, for the .cpp files of this room.
#pragma once

#include <pqxx/pqxx>
#include <string>

#include "lib/domain/schedule.h"
#include "lib/store/transaction.h"

namespace certfleet::store::schedules {

inline constexpr const char* columns =
    "SELECT task, enabled, cron, time_zone, within_days, after_id, extract(epoch FROM due_at) AS due_at,"
    " extract(epoch FROM ran_at) AS ran_at, extract(epoch FROM ran_due_at) AS ran_due_at FROM schedule ";

domain::Schedule schedule_of(const pqxx::row& row);

// The database's clock at the begin of the transaction, and the installation's zone.
struct Now {
  WallTime at;
  std::string zone;
};
Now now(Tx& tx);

}  // namespace certfleet::store::schedules
