// Local times of a zone of the tz database ("Asia/Tokyo"), by this machine's tzdata. Pure but for reading that
// once. Debian's tzdata lists the changes of clocks up to 2037; after that a zone keeps its last offset.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/clock.h"
#include "lib/base/text.h"

namespace date {
class time_zone;
}

namespace certfleet::domain {

using LocalSeconds = std::chrono::local_seconds;

inline constexpr Text unknown_zone{"{} というタイムゾーンはありません", "unknown time zone {}"};

class TimeZone {
 public:
  static std::optional<TimeZone> find(std::string_view name);
  // Failure(usage) for a zone that is not known here.
  static TimeZone get(std::string_view name);

  LocalSeconds local(WallTime at) const;  // the fraction of a second is cut off
  // The moment of a local time: of one that comes twice the first, of one that a change of the clocks skips the
  // moment of that change. So it never falls as local times rise.
  WallTime moment(LocalSeconds local) const;

 private:
  explicit TimeZone(const date::time_zone& zone) : zone_(&zone) {}
  const date::time_zone* zone_;  // lives as long as the process
};

}  // namespace certfleet::domain
