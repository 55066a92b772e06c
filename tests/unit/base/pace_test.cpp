#include "lib/base/pace.h"

#include <gtest/gtest.h>

namespace certfleet {
namespace {

using namespace std::chrono_literals;

TEST(Pace, rests_fifty_times_as_long_as_the_look_took) {
  Pace pace;
  Instant now{1h};
  EXPECT_TRUE(pace.due(now));
  pace.took(now, now + 10ms);
  EXPECT_FALSE(pace.due(now + 509ms));
  EXPECT_TRUE(pace.due(now + 510ms));
}

TEST(Pace, no_rest_is_longer_than_the_longest) {
  Pace pace({}, 2s);
  Instant now{1h};
  pace.took(now, now + 1s);
  EXPECT_FALSE(pace.due(now + 2999ms));
  EXPECT_TRUE(pace.due(now + 3s));
}

TEST(Pace, a_quick_look_needs_no_rest) {
  Pace pace(10ms);
  Instant now{1h};
  pace.took(now, now + 10ms);
  EXPECT_TRUE(pace.due(now + 10ms));
  pace.took(now, now + 11ms);
  EXPECT_FALSE(pace.due(now + 11ms));
}

}  // namespace
}  // namespace certfleet
