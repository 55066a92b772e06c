#include "lib/domain/expiry.h"

namespace certfleet::domain {

std::string_view to_string(Expiry expiry) {
  switch (expiry) {
    case Expiry::none:
      return "none";
    case Expiry::valid:
      return "valid";
    case Expiry::under_90:
      return "under_90";
    case Expiry::under_60:
      return "under_60";
    case Expiry::under_30:
      return "under_30";
    case Expiry::under_15:
      return "under_15";
    case Expiry::expired:
      return "expired";
  }
  return "none";
}

Expiry expiry_of(std::optional<WallTime> not_after, WallTime now) {
  if (!not_after) return Expiry::none;
  auto left = *not_after - now;
  if (left <= std::chrono::seconds(0)) return Expiry::expired;
  auto under = [&](int days) { return left < std::chrono::hours(24) * days; };
  if (under(15)) return Expiry::under_15;
  if (under(30)) return Expiry::under_30;
  if (under(60)) return Expiry::under_60;
  if (under(90)) return Expiry::under_90;
  return Expiry::valid;
}

}  // namespace certfleet::domain
