// When a CA is asked again how an order stands (manual 6.7.3).
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

namespace certfleet::domain {

// At the interval of the notification table, but never sooner than the CA proposes; without one as it proposes.
inline std::chrono::seconds ask_again(std::chrono::seconds proposed, std::optional<int> interval_min) {
  return std::max<std::chrono::seconds>(proposed, std::chrono::minutes(interval_min.value_or(0)));
}

}  // namespace certfleet::domain
