#include "lib/store/turns.h"

#include <gtest/gtest.h>

namespace certfleet::store {
namespace {

domain::JobRef ref(std::int64_t site, std::int64_t service, std::int16_t priority = 4) {
  return {JobId(1), domain::Queue::apply, SiteId(site), ServiceId(service), priority};
}

void serve(Turns& turns, const std::vector<domain::JobRef>& refs) { turns.served(refs); }

TEST(Turns, begin_before_every_lane_and_go_on_after_the_last_one_served) {
  Turns turns;
  EXPECT_LT(turns.after(), (Lane{SiteId(), ServiceId()}));
  serve(turns, {ref(1, 72), ref(1, 71)});
  EXPECT_EQ(turns.after(), (Lane{SiteId(1), ServiceId(72)}));
}

TEST(Turns, the_last_one_served_is_the_last_going_around) {
  Turns turns;
  serve(turns, {ref(1, 72)});
  serve(turns, {ref(1, 71), ref(2, 71)});
  EXPECT_EQ(turns.after(), (Lane{SiteId(1), ServiceId(71)})) << "2/71 came first, then around to 1/71";
}

TEST(Turns, only_the_least_urgent_served_may_have_been_left_incomplete) {
  Turns turns;
  serve(turns, {ref(9, 9, 0), ref(1, 71, 4)});
  EXPECT_EQ(turns.after(), (Lane{SiteId(1), ServiceId(71)}));
}

TEST(Turns, each_eighth_look_skips_a_priority_and_each_64th_two) {
  Turns turns;
  for (int look = 1; look <= 128; ++look) {
    EXPECT_EQ(turns.skip(), look % 64 == 0 ? 2 : look % 8 == 0 ? 1 : 0) << look;
    serve(turns, {ref(1, 71)});
  }
}

TEST(Turns, a_look_that_finds_nothing_changes_nothing) {
  Turns turns;
  serve(turns, {ref(1, 71)});
  serve(turns, {});
  EXPECT_EQ(turns.after(), (Lane{SiteId(1), ServiceId(71)}));
}

}  // namespace
}  // namespace certfleet::store
