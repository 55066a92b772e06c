#include "lib/bus/sparing.h"

#include <gtest/gtest.h>

namespace certfleet::bus {
namespace {

using namespace std::chrono_literals;

TEST(Sparing, logs_the_first_and_then_one_in_ten_seconds_with_the_number_of_the_others) {
  Sparing sparing;
  Instant now{1h};
  EXPECT_EQ(sparing.log_now(now), 0U);
  for (int i = 0; i < 500; ++i) EXPECT_FALSE(sparing.log_now(now + i * 10ms));
  EXPECT_EQ(sparing.log_now(now + 10s), 500U);
  EXPECT_FALSE(sparing.log_now(now + 19'999ms));
  EXPECT_EQ(sparing.log_now(now + 20s), 1U);
}

}  // namespace
}  // namespace certfleet::bus
