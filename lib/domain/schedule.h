// The batch runs and their set times (manual 5.1, 6.2). What a run does is in lib/store/batch_runs.h.
#pragma once

#include <optional>
#include <string>

#include "lib/base/clock.h"

namespace certfleet::domain {

// The names of the runs, as on the command line and in the database.
namespace batch {
inline constexpr const char* expiry_scan = "expiry-scan";  // notes thresholds that were passed, and mails them
inline constexpr const char* orders = "orders";            // orders what ends soon
inline constexpr const char* applies = "applies";          // installs what is newer than what a node has
inline constexpr const char* verify = "verify";            // looks at every enabled node over TLS
}  // namespace batch

struct Schedule {
  std::string task;
  bool enabled = true;
  std::string cron;                      // five fields, see cron.h
  std::optional<std::string> time_zone;  // none: the installation's
  std::optional<int> within_days;        // of orders: what ends within so many days is due
  std::optional<WallTime> due_at;        // the next run, or the one that was missed; none: not planned yet
  std::optional<WallTime> ran_at;        // when the last run was made
  std::optional<WallTime> ran_due_at;    // and for which time
};

// In the form in which it is stored. Failure(usage) that names the field.
Schedule checked(Schedule schedule);

// When it runs next after `after`, its own zone or else the installation's. Failure(usage): a zone that this
// machine does not know.
WallTime next_run(const Schedule& schedule, const std::string& installation_zone, WallTime after);

}  // namespace certfleet::domain
