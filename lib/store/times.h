// Times between the database and us: seconds since the epoch one way, ISO 8601 in UTC the other.
#pragma once

#include <string>

#include "lib/base/clock.h"

namespace certfleet::store {

// From extract(epoch FROM …); microseconds are kept.
WallTime wall_time(double epoch_seconds);

// As a timestamptz literal: "2026-11-23T09:00:00.000000Z".
std::string timestamp(WallTime time);

}  // namespace certfleet::store
