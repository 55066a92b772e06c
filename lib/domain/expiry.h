// How near a certificate is to its end, as lists and the dashboard show it (manual 6.1, 7.2.5).
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "lib/base/clock.h"

namespace certfleet::domain {

// The thresholds of manual 6.7.1 in days before the end; 0 is the end itself.
inline constexpr std::array warning_days = {90, 60, 30, 15, 0};

enum class Expiry { none, valid, under_90, under_60, under_30, under_15, expired };

// "none", "valid", "under_90" …, as in JSON.
std::string_view to_string(Expiry expiry);

// Under 90 means less than 90 days of 24 hours; expired from the moment of not_after on. No certificate:
// none.
Expiry expiry_of(std::optional<WallTime> not_after, WallTime now);

// Yellow in lists: under 90 days and not yet expired.
constexpr bool is_warning(Expiry expiry) {
  return expiry >= Expiry::under_90 && expiry <= Expiry::under_15;
}

}  // namespace certfleet::domain
