// When the leading scheduler does its periodic duties. Pure.
#pragma once

#include <array>
#include <chrono>

#include "lib/base/clock.h"

namespace certfleet::scheduler {

enum class Duty {
  sweep,       // take back the jobs of lost workers
  promote,     // make due waiting jobs ready
  start_due,   // orders and applies whose time has come
  partitions,  // make next month's
};
const char* to_string(Duty duty);
inline constexpr std::array all_duties = {Duty::sweep, Duty::promote, Duty::start_due, Duty::partitions};

class Timetable {
 public:
  // Everything is due at once after taking the lead.
  void restart(Instant now);
  bool due(Duty duty, Instant now) const;
  void done(Duty duty, Instant now);
  // Until the next duty; never negative.
  std::chrono::milliseconds until_next(Instant now) const;

  static std::chrono::milliseconds period(Duty duty);

 private:
  std::array<Instant, all_duties.size()> next_{};
};

}  // namespace certfleet::scheduler
