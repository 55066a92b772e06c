#include "lib/domain/time_zone.h"

#include <date/tz.h>

#include "lib/base/error.h"

namespace certfleet::domain {

std::optional<TimeZone> TimeZone::find(std::string_view name) {
  try {
    return TimeZone(*::date::locate_zone(name));
  } catch (const std::runtime_error&) {  // no such zone, or no tzdata at all
    return std::nullopt;
  }
}

TimeZone TimeZone::get(std::string_view name) {
  if (auto zone = find(name)) return *zone;
  throw Failure(Fault::usage, unknown_zone, name);
}

LocalSeconds TimeZone::local(WallTime at) const {
  auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  return LocalSeconds(zone_->to_local(seconds).time_since_epoch());
}

WallTime TimeZone::moment(LocalSeconds local) const {
  ::date::local_seconds wanted(local.time_since_epoch());
  auto info = zone_->get_info(wanted);
  if (info.result == ::date::local_info::nonexistent) return info.first.end;
  return WallTime(wanted.time_since_epoch() - info.first.offset);
}

}  // namespace certfleet::domain
