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
  // The next step of this name is the last.
  void crash_at(const std::string& what) {
    cut_at(0, Means::crash);
    name_ = what;
  }
  // True once the cut was made.
  bool cut() const { return at_ > 0 && count_ >= at_; }

  // To be called before and after each effect. `what` tells in the log of a failed test where it was.
  void step(const std::string& what) {
    bool named = what == name_ && !name_.empty();
    if (++count_ != at_ && !named) return;
    name_.clear();
    last_ = what;
    if (means_ == Means::crash) throw Crash{};
    throw Failure(Fault::unreachable, "cut: " + what);
  }
  const std::string& last() const { return last_; }

 private:
  int at_ = 0;
  int count_ = 0;
  Means means_ = Means::crash;
  std::string name_;
  std::string last_;
};

}  // namespace certfleet::testing
