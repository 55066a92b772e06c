#include "producers/timetable.h"

#include <algorithm>

namespace certfleet::scheduler {

const char* to_string(Duty duty) {
  switch (duty) {
    case Duty::sweep: return "sweep";
    case Duty::promote: return "promote";
    case Duty::start_due: return "start_due";
    case Duty::partitions: return "partitions";
  }
  return "";
}

std::chrono::milliseconds Timetable::period(Duty duty) {
  using namespace std::chrono_literals;
  switch (duty) {
    case Duty::sweep: return 1500ms;  // with 15 s of session life: elsewhere within 17 s
    case Duty::promote: return 500ms;
    case Duty::start_due: return 1000ms;
    case Duty::partitions: return 1h;
  }
  return 1s;
}

void Timetable::restart(Instant now) { next_.fill(now); }

bool Timetable::due(Duty duty, Instant now) const { return now >= next_[static_cast<std::size_t>(duty)]; }

void Timetable::done(Duty duty, Instant now) { next_[static_cast<std::size_t>(duty)] = now + period(duty); }

std::chrono::milliseconds Timetable::until_next(Instant now) const {
  auto soonest = *std::min_element(next_.begin(), next_.end());
  return std::max(std::chrono::milliseconds(0), std::chrono::duration_cast<std::chrono::milliseconds>(soonest - now));
}

}  // namespace certfleet::scheduler
