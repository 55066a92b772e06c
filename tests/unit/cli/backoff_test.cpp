#include <gtest/gtest.h>

#include "admin-cli/dev_children.h"

namespace certfleet::cli {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, a_child_that_dies_at_once_waits_longer_each_time_and_one_that_ran_begins_anew) {
  Backoff backoff;
  EXPECT_EQ(backoff.next(milliseconds(10)), milliseconds(500));
  EXPECT_EQ(backoff.next(milliseconds(10)), milliseconds(1000));
  EXPECT_EQ(backoff.next(milliseconds(10)), milliseconds(2000));
  for (int i = 0; i < 10; ++i) backoff.next(milliseconds(10));
  EXPECT_EQ(backoff.next(milliseconds(10)), milliseconds(10'000));
  EXPECT_EQ(backoff.next(milliseconds(60'000)), milliseconds(500));
}

}  // namespace
}  // namespace certfleet::cli
