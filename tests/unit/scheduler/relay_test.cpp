#include "producers/relay.h"

#include <gtest/gtest.h>

namespace certfleet::scheduler {
namespace {

using namespace std::chrono_literals;
using domain::Queue;

std::vector<domain::JobRef> refs(std::int64_t first, int count) {
  std::vector<domain::JobRef> out;
  for (int i = 0; i < count; ++i) {
    domain::JobRef ref;
    ref.id = JobId(first + i);
    ref.queue = Queue::apply;
    out.push_back(ref);
  }
  return out;
}

class RelayTest : public ::testing::Test {
 protected:
  Relay relay{RelayLimits{.look = 1000ms, .again = 5000ms, .scan_max = 10}};
  Instant now{1h};
};

TEST_F(RelayTest, looks_at_first_and_then_once_a_second) {
  EXPECT_TRUE(relay.wants_look(Queue::apply, true, now));
  relay.looked(Queue::apply, {}, now);
  EXPECT_FALSE(relay.wants_look(Queue::apply, true, now + 999ms));
  EXPECT_TRUE(relay.wants_look(Queue::apply, true, now + 1000ms));
}

TEST_F(RelayTest, does_not_look_when_brokers_have_no_room) {
  EXPECT_FALSE(relay.wants_look(Queue::apply, false, now));
}

TEST_F(RelayTest, looks_at_once_when_a_person_enqueued_something) {
  relay.looked(Queue::apply, {}, now);
  relay.notified();
  EXPECT_TRUE(relay.wants_look(Queue::apply, true, now + 1ms));
}

TEST_F(RelayTest, offers_a_job_once_and_again_when_it_stays_ready_too_long) {
  EXPECT_EQ(relay.looked(Queue::apply, refs(1, 3), now), refs(1, 3));
  EXPECT_TRUE(relay.looked(Queue::apply, refs(1, 3), now + 1s).empty());
  EXPECT_EQ(relay.looked(Queue::apply, refs(1, 3), now + 5s), refs(1, 3));
}

TEST_F(RelayTest, what_no_broker_had_room_for_is_new_again) {
  relay.looked(Queue::apply, refs(1, 3), now);
  relay.returned(refs(2, 1));
  EXPECT_EQ(relay.looked(Queue::apply, refs(1, 3), now + 1s), refs(2, 1));
}

TEST_F(RelayTest, looks_again_at_once_while_looks_are_full_of_new_jobs) {
  relay.looked(Queue::apply, refs(1, 10), now);
  EXPECT_TRUE(relay.wants_look(Queue::apply, true, now));
  relay.looked(Queue::apply, refs(1, 10), now);
  EXPECT_FALSE(relay.wants_look(Queue::apply, true, now)) << "all of them are offered already";
}

TEST_F(RelayTest, does_not_offer_what_just_became_ready_twice) {
  EXPECT_EQ(relay.became_ready(refs(1, 2), now), refs(1, 2));
  EXPECT_TRUE(relay.looked(Queue::apply, refs(1, 2), now + 1ms).empty());
}

}  // namespace
}  // namespace certfleet::scheduler
