// Times as a person types and reads them: in the installation's zone (DESIGN section 4).
#pragma once

#include <string>
#include <string_view>

#include "lib/base/clock.h"

namespace certfleet::cli {

// Makes `zone` ("Asia/Tokyo") the zone of all that follows in this process. A zone whose rules this machine
// does not have is a Failure(usage).
void use_zone(const std::string& zone);

// "2026-12-01 03:00", with seconds if given, T instead of the space if given; with "Z" or "+09:00" behind it
// in that zone instead. Failure(usage) for anything else, for dates that don't exist, and for times that a
// change of the clocks skips.
WallTime parse_time(std::string_view text);

std::string local_time(WallTime time);  // "2026-12-01 03:00:00"
std::string iso_utc(WallTime time);     // "2026-11-30T18:00:00Z"

}  // namespace certfleet::cli
