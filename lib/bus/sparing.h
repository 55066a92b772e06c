// One line for so long, however often a thing happens: a log that anybody can fill is a weapon. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "lib/base/clock.h"

namespace certfleet::bus {

class Sparing {
 public:
  // To be asked each time it happens. If it is to be logged now: how often it happened since the last line
  // without being logged.
  std::optional<std::uint64_t> log_now(Instant now) {
    if (now < quiet_until_) {
      ++unlogged_;
      return std::nullopt;
    }
    quiet_until_ = now + pause;
    return std::exchange(unlogged_, 0);
  }

  static constexpr std::chrono::seconds pause{10};

 private:
  Instant quiet_until_ = Instant::min();
  std::uint64_t unlogged_ = 0;
};

}  // namespace certfleet::bus
