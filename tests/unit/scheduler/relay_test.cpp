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

std::vector<std::int64_t> ids(const std::vector<domain::JobRef>& refs) {
  std::vector<std::int64_t> result;
  for (const auto& ref : refs) result.push_back(ref.id.value());
  return result;
}

domain::JobRef ref(std::int64_t id, std::int64_t site, std::int64_t service, std::int16_t priority = 4) {
  return {JobId(id), Queue::apply, SiteId(site), ServiceId(service), priority};
}

TEST_F(RelayTest, offers_sites_and_services_in_turn) {
  auto offered = relay.looked(
      Queue::apply, {ref(1, 1, 71), ref(2, 1, 71), ref(3, 1, 71), ref(4, 1, 72), ref(5, 2, 71), ref(6, 2, 71)}, now);
  EXPECT_EQ(ids(offered), (std::vector<std::int64_t>{1, 4, 5, 2, 6, 3}));
}

TEST_F(RelayTest, offers_one_that_is_less_urgent_after_seven) {
  std::vector<domain::JobRef> found;
  for (int i = 1; i <= 16; ++i) found.push_back(ref(i, 0, 71, 0));
  for (int i = 101; i <= 103; ++i) found.push_back(ref(i, 0, 71, 4));
  found.push_back(ref(201, 0, 71, 8));
  EXPECT_EQ(ids(relay.looked(Queue::apply, found, now)),
            (std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 7, 101, 8, 9, 10, 11, 12, 13, 14, 102, 15, 16, 103, 201}));
}

TEST_F(RelayTest, looks_again_at_once_after_a_look_that_left_only_the_last_eighth_empty) {
  Relay wide{RelayLimits{.look = 1000ms, .again = 5000ms, .scan_max = 16}};
  wide.looked(Queue::apply, refs(1, 14), now);
  EXPECT_TRUE(wide.wants_look(Queue::apply, true, now));
  wide.looked(Queue::apply, refs(21, 13), now);
  EXPECT_FALSE(wide.wants_look(Queue::apply, true, now));
}

TEST_F(RelayTest, does_not_offer_what_just_became_ready_twice) {
  EXPECT_EQ(relay.became_ready(refs(1, 2), now), refs(1, 2));
  EXPECT_TRUE(relay.looked(Queue::apply, refs(1, 2), now + 1ms).empty());
}

}  // namespace
}  // namespace certfleet::scheduler
