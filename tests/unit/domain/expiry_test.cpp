#include "lib/domain/expiry.h"

#include <gtest/gtest.h>

namespace certfleet::domain {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

const WallTime now = std::chrono::system_clock::from_time_t(1'800'000'000);

TEST(Expiry, under_90_days_begins_just_below_90_days) {
  EXPECT_EQ(expiry_of(now + hours(24) * 90, now), Expiry::valid);
  EXPECT_EQ(expiry_of(now + hours(24) * 90 - seconds(1), now), Expiry::under_90);
  EXPECT_EQ(expiry_of(now + hours(24) * 60 - seconds(1), now), Expiry::under_60);
  EXPECT_EQ(expiry_of(now + hours(24) * 30 - seconds(1), now), Expiry::under_30);
  EXPECT_EQ(expiry_of(now + hours(24) * 15 - seconds(1), now), Expiry::under_15);
  EXPECT_EQ(expiry_of(now + seconds(1), now), Expiry::under_15);
  EXPECT_EQ(expiry_of(now, now), Expiry::expired);
  EXPECT_EQ(expiry_of(std::nullopt, now), Expiry::none);
}

TEST(Expiry, the_warnings_are_those_between_valid_and_expired) {
  EXPECT_FALSE(is_warning(Expiry::valid));
  EXPECT_TRUE(is_warning(Expiry::under_90));
  EXPECT_TRUE(is_warning(Expiry::under_15));
  EXPECT_FALSE(is_warning(Expiry::expired));
  EXPECT_FALSE(is_warning(Expiry::none));
}

}  // namespace
}  // namespace certfleet::domain
