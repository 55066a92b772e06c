// How often a look at everything may be taken: after each one a rest of fifty times its length, up to a longest rest,
// beyond which waiting for the next look would be worse than what it costs.
#pragma once

#include <algorithm>

#include "lib/base/clock.h"

namespace certfleet {

class Pace {
 public:
  // Looks that took no longer than `quick` need no rest between them; no rest is longer than `rest_max`.
  explicit Pace(Monotonic::duration quick = {}, Monotonic::duration rest_max = std::chrono::seconds(5))
      : quick_(quick), rest_max_(rest_max) {}

  bool due(Instant now) const { return now >= next_; }
  void took(Instant began, Instant ended) {
    auto took = ended - began;
    next_ = took <= quick_ ? ended : ended + std::min(50 * took, rest_max_);
  }
  // As after a long look.
  void rest(Instant now) { next_ = now + rest_max_; }

 private:
  Monotonic::duration quick_;
  Monotonic::duration rest_max_;
  Instant next_{};
};

}  // namespace certfleet
