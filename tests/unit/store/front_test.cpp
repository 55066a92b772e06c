#include "lib/store/front.h"

#include <gtest/gtest.h>

namespace certfleet::store {
namespace {

std::vector<domain::JobRef> refs(int first, int count, int service = 7) {
  std::vector<domain::JobRef> refs;
  for (int i = 0; i < count; ++i)
    refs.push_back({JobId(first + i), domain::Queue::apply, SiteId(1), ServiceId(service), 2});
  return refs;
}

TEST(Front, stands_after_a_full_claim_from_one_lane) {
  Front front;
  EXPECT_FALSE(front.passed(100).has_value());
  front.claimed(refs(1, 100), 100);
  auto place = front.passed(100);
  ASSERT_TRUE(place.has_value());
  EXPECT_EQ(place->id, JobId(100));
  EXPECT_EQ(place->service, ServiceId(7));
}

TEST(Front, is_unknown_when_there_may_be_something_behind_it) {
  Front front;
  front.claimed(refs(1, 100), 100);
  front.claimed(refs(101, 99), 100);
  EXPECT_FALSE(front.passed(100).has_value()) << "the lane came to its end";
  auto two = refs(1, 50);
  for (const auto& ref : refs(51, 50, 8)) two.push_back(ref);
  front.claimed(two, 100);
  EXPECT_FALSE(front.passed(100).has_value()) << "of two lanes the shares were even, whatever they had";
}

TEST(Front, is_for_big_claims) {
  Front front;
  front.claimed(refs(1, 10), 10);
  EXPECT_FALSE(front.passed(10).has_value());
  EXPECT_FALSE(front.passed(100).has_value());
}

TEST(Front, now_and_then_is_looked_behind) {
  Front front;
  front.claimed(refs(1, 100), 100);
  int behind = 0;
  for (int claim = 0; claim < 1024; ++claim)
    if (!front.passed(100)) ++behind;
  EXPECT_EQ(behind, 2);
}

}  // namespace
}  // namespace certfleet::store
