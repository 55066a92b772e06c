#include "lib/store/front.h"

#include <gtest/gtest.h>

namespace certfleet::store {
namespace {

using namespace std::chrono_literals;

std::vector<domain::JobRef> refs(int first, int count, int service = 7) {
  std::vector<domain::JobRef> refs;
  for (int i = 0; i < count; ++i)
    refs.push_back({JobId(first + i), domain::Queue::apply, SiteId(1), ServiceId(service), 2});
  return refs;
}

class FrontTest : public ::testing::Test {
 protected:
  // A claim of at most 100 that takes so long.
  void claim(std::vector<domain::JobRef> got, std::chrono::milliseconds took) {
    auto began = now;
    now += took;
    front.claimed(got, 100, began, now);
  }

  Front front;
  Instant now{1h};
};

TEST_F(FrontTest, stands_after_what_was_claimed_from_one_lane) {
  EXPECT_FALSE(front.passed(100, now).has_value());
  claim(refs(1, 100), 10ms);
  auto place = front.passed(100, now);
  ASSERT_TRUE(place.has_value());
  EXPECT_EQ(place->id, JobId(100));
  EXPECT_EQ(place->service, ServiceId(7));
  claim(refs(101, 20), 1ms);
  EXPECT_EQ(front.passed(100, now)->id, JobId(120));
  claim({}, 1ms);
  EXPECT_EQ(front.passed(100, now)->id, JobId(120)) << "nothing came, so nothing has moved";
}

TEST_F(FrontTest, is_unknown_after_a_claim_from_two_lanes) {
  claim(refs(1, 100), 10ms);
  auto two = refs(1, 50);
  for (const auto& ref : refs(51, 50, 8)) two.push_back(ref);
  claim(two, 1ms);
  EXPECT_FALSE(front.passed(100, now).has_value()) << "the shares were even, whatever each of them had";
}

TEST_F(FrontTest, is_looked_behind_as_often_as_that_is_cheap) {
  claim(refs(1, 100), 10ms);
  now += 499ms;
  EXPECT_TRUE(front.passed(100, now).has_value());
  now += 1ms;
  EXPECT_FALSE(front.passed(100, now).has_value());
  claim(refs(50, 1), 2s);
  now += 29999ms;
  EXPECT_TRUE(front.passed(100, now).has_value());
  now += 1ms;
  EXPECT_FALSE(front.passed(100, now).has_value()) << "a job that was put back does not wait for ever";
}

TEST_F(FrontTest, is_for_small_claims_only_if_looking_at_everything_takes_long) {
  claim(refs(1, 100), 99ms);
  EXPECT_FALSE(front.passed(10, now).has_value());
  now += 5s;
  claim(refs(101, 100), 101ms);
  EXPECT_TRUE(front.passed(10, now).has_value());
}

TEST_F(FrontTest, an_idle_worker_rests_between_dear_looks_at_everything) {
  claim({}, 200ms);
  EXPECT_TRUE(front.resting(now));
  now += 5s;
  EXPECT_FALSE(front.resting(now));
  claim({}, 40ms);
  EXPECT_FALSE(front.resting(now)) << "that was cheap enough";
  claim(refs(1, 100), 200ms);
  EXPECT_FALSE(front.resting(now)) << "there may be more";
}

}  // namespace
}  // namespace certfleet::store
