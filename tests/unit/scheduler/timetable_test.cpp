#include "producers/timetable.h"

#include <gtest/gtest.h>

namespace certfleet::scheduler {
namespace {

using namespace std::chrono_literals;

TEST(Timetable, everything_is_due_when_the_lead_is_taken) {
  Timetable table;
  Instant now{1h};
  table.restart(now);
  for (Duty duty : all_duties) EXPECT_TRUE(table.due(duty, now));
}

TEST(Timetable, a_duty_is_due_again_after_its_period) {
  Timetable table;
  Instant now{1h};
  table.restart(now);
  table.done(Duty::sweep, now);
  auto period = Timetable::period(Duty::sweep);
  EXPECT_FALSE(table.due(Duty::sweep, now + period - 1ms));
  EXPECT_TRUE(table.due(Duty::sweep, now + period));
}

TEST(Timetable, lost_workers_are_found_within_two_seconds_of_their_lapse) {
  EXPECT_LE(Timetable::period(Duty::sweep), 2s);
}

TEST(Timetable, waits_no_longer_than_to_the_next_duty) {
  Timetable table;
  Instant now{1h};
  table.restart(now);
  EXPECT_EQ(table.until_next(now + 1s), 0ms);
  for (Duty duty : all_duties) table.done(duty, now);
  EXPECT_EQ(table.until_next(now), Timetable::period(Duty::promote));
}

}  // namespace
}  // namespace certfleet::scheduler
