// Time enters here and nowhere else. Deadlines and leases run on the monotonic clock; times that a person
// sees or the database stores are wall-clock times.
#pragma once

#include <chrono>

namespace certfleet {

using Monotonic = std::chrono::steady_clock;
using Instant = Monotonic::time_point;
using WallTime = std::chrono::system_clock::time_point;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
  virtual WallTime wall() const = 0;
};

class SystemClock final : public Clock {
 public:
  Instant now() const override { return Monotonic::now(); }
  WallTime wall() const override { return std::chrono::system_clock::now(); }
};

// Until when a call to the outside may take. Every such call takes one.
class Deadline {
 public:
  explicit Deadline(Instant at) : at_(at) {}
  static Deadline in(Monotonic::duration span) { return Deadline(Monotonic::now() + span); }

  Instant at() const { return at_; }
  bool over() const { return Monotonic::now() >= at_; }
  // Never negative; whole milliseconds, rounded down.
  std::chrono::milliseconds left() const {
    auto span = std::chrono::duration_cast<std::chrono::milliseconds>(at_ - Monotonic::now());
    return span.count() > 0 ? span : std::chrono::milliseconds(0);
  }
  // The sooner of this and `span` from now: a step's own limit within the whole.
  Deadline within(Monotonic::duration span) const {
    auto other = Monotonic::now() + span;
    return Deadline(other < at_ ? other : at_);
  }

 private:
  Instant at_;
};

}  // namespace certfleet
