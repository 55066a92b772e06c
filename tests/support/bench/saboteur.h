// Lets an attempt run until its n-th step to the outside and then takes it away: the n-th call fails, for
// every n.
#pragma once

#include <string>

#include "lib/base/error.h"

namespace certfleet::testing {

// The worker's end, as far as its handler can tell: nothing catches it.
struct Crash {};

class Saboteur {
 public:
  enum class Means { crash, failure };

  // 0: nothing happens.
  void cut_at(int step, Means means) {
    at_ = step;
    means_ = means;
    count_ = 0;
  }
  // True once the cut was made.
  bool cut() const { return at_ > 0 && count_ >= at_; }

  // To be called before and after each effect. `what` tells in the log of a failed test where it was.
  void step(const std::string& what) {
    if (++count_ != at_) return;
    last_ = what;
    if (means_ == Means::crash) throw Crash{};
    throw Failure(Fault::unreachable, "cut: " + what);
  }
  const std::string& last() const { return last_; }

 private:
  int at_ = 0;
  int count_ = 0;
  Means means_ = Means::crash;
  std::string last_;
};

}  // namespace certfleet::testing
