#include "lib/pipeline/worker_core.h"

#include <gtest/gtest.h>

namespace certfleet::pipeline {
namespace {

using namespace std::chrono_literals;

std::vector<JobId> ids(std::int64_t first, int count) {
  std::vector<JobId> out;
  for (int i = 0; i < count; ++i) out.emplace_back(first + i);
  return out;
}

class WorkerCoreTest : public ::testing::Test {
 protected:
  WorkerLimits limits{.slots = 4, .ahead_max = 512, .batch_max = 128};
  Instant now{1h};
  WorkerCore core{limits, now, 0};

  // Ends jobs at a steady speed for a while, so that the core works ahead.
  void run_fast(int jobs_per_100ms) {
    for (int i = 0; i < 10; ++i) {
      core.claimed(jobs_per_100ms, now);
      now += 100ms;
      core.ended(jobs_per_100ms, now);
    }
  }
};

TEST_F(WorkerCoreTest, asks_brokers_for_as_much_as_it_has_slots) { EXPECT_EQ(core.next(now).room, 4u); }

TEST_F(WorkerCoreTest, claims_what_it_was_offered_and_no_more_than_it_has_room_for) {
  core.offered(ids(1, 6), now);
  auto next = core.next(now);
  EXPECT_EQ(next.claim_offered, ids(1, 4));
  EXPECT_EQ(next.room, 0u);
  core.claimed(4, now);
  EXPECT_TRUE(core.next(now).claim_offered.empty());
  core.ended(1, now);
  EXPECT_EQ(core.next(now).claim_offered, ids(5, 1));
}

TEST_F(WorkerCoreTest, drops_an_offer_that_it_holds_already) {
  core.offered(ids(1, 2), now);
  core.offered(ids(1, 2), now);
  EXPECT_EQ(core.next(now).claim_offered, ids(1, 2));
}

TEST_F(WorkerCoreTest, looks_for_itself_when_the_offered_jobs_were_taken_by_others_and_has_its_room_back) {
  core.offered(ids(1, 4), now);
  core.next(now);
  core.claimed(0, now);
  EXPECT_EQ(core.next(now).claim_ready, 4);
  core.claimed(0, now);
  EXPECT_EQ(core.next(now).room, 4u);
}

TEST_F(WorkerCoreTest, claims_directly_after_a_second_of_silence_and_not_before) {
  EXPECT_EQ(core.next(now + 999ms).claim_ready, 0);
  EXPECT_EQ(core.next(now + 1000ms).claim_ready, 4);
}

TEST_F(WorkerCoreTest, an_offer_breaks_the_silence) {
  core.offered(ids(1, 1), now + 900ms);
  core.next(now + 900ms);
  core.claimed(1, now + 900ms);
  EXPECT_EQ(core.next(now + 1800ms).claim_ready, 0);
  EXPECT_EQ(core.next(now + 1900ms).claim_ready, 3);
}

TEST_F(WorkerCoreTest, goes_on_claiming_directly_while_it_finds_work) {
  now += 1s;
  EXPECT_EQ(core.next(now).claim_ready, 4);
  core.claimed(4, now);
  now += 1ms;
  core.ended(4, now);
  EXPECT_EQ(core.next(now).claim_ready, 4) << "no second of waiting while there is work";
  core.claimed(0, now);
  EXPECT_EQ(core.next(now + 1ms).claim_ready, 0);
}

TEST_F(WorkerCoreTest, holds_more_than_its_slots_only_when_jobs_end_fast) {
  run_fast(100);
  auto next = core.next(now);
  EXPECT_EQ(next.room + static_cast<std::size_t>(next.claim_ready), 104u);
  now += 2s;
  next = core.next(now);
  EXPECT_EQ(next.room + static_cast<std::size_t>(next.claim_ready), 4u)
      << "an idle worker keeps nothing from others";
}

TEST_F(WorkerCoreTest, never_holds_more_than_its_limit_however_fast_jobs_end) {
  run_fast(5000);
  EXPECT_LE(core.next(now).room, static_cast<std::size_t>(limits.slots + limits.ahead_max));
}

TEST_F(WorkerCoreTest, claims_fast_jobs_in_batches_no_larger_than_the_limit) {
  run_fast(500);
  EXPECT_EQ(core.next(now).claim_ready, 128);
  core.claimed(0, now);
  core.offered(ids(1, 400), now);
  EXPECT_EQ(core.next(now).claim_offered.size(), 128u);
}

TEST_F(WorkerCoreTest, claims_slower_jobs_when_a_tenth_of_what_it_works_ahead_has_ended) {
  run_fast(80);
  core.claimed(84, now);
  core.offered(ids(1, 40), now);
  core.ended(7, now + 1ms);
  EXPECT_TRUE(core.next(now + 1ms).claim_offered.empty());
  core.ended(1, now + 2ms);
  EXPECT_EQ(core.next(now + 2ms).claim_offered, ids(1, 8));
}

TEST_F(WorkerCoreTest, fills_its_batches_directly_while_jobs_end_faster_than_single_offers_come) {
  run_fast(500);
  core.offered(ids(1, 3), now);
  auto next = core.next(now);
  EXPECT_EQ(next.claim_ready, 128);
  EXPECT_TRUE(next.claim_offered.empty()) << "they are among what is ready";
  core.claimed(128, now);
  EXPECT_EQ(core.next(now).claim_ready, 128) << "a full batch: there is more";
  core.claimed(60, now);
  core.offered(ids(4, 3), now);
  EXPECT_EQ(core.next(now).claim_offered, ids(4, 3)) << "what came since may be claimed by its offer";
}

TEST_F(WorkerCoreTest, wants_no_offers_while_direct_claims_fill_their_batches) {
  run_fast(500);
  auto next = core.next(now);
  ASSERT_EQ(next.claim_ready, 128);
  EXPECT_EQ(next.room, 0u);
  core.claimed(64, now);
  EXPECT_EQ(core.next(now).room, 0u) << "half a batch is worth a claim";
  core.claimed(63, now);
  EXPECT_GT(core.next(now).room, 0u);
}

TEST_F(WorkerCoreTest, a_fast_worker_claims_directly_when_its_offers_turn_out_to_be_old) {
  run_fast(500);
  core.next(now);
  core.claimed(1, now);
  core.offered(ids(1, 3), now);
  ASSERT_EQ(core.next(now).claim_offered, ids(1, 3));
  core.claimed(1, now);
  EXPECT_EQ(core.next(now).claim_ready, 128);
}

TEST_F(WorkerCoreTest, a_slow_worker_too_claims_directly_until_it_finds_nothing_when_its_offers_are_old) {
  core.offered(ids(1, 4), now);
  ASSERT_EQ(core.next(now).claim_offered, ids(1, 4));
  core.claimed(0, now);
  core.offered(ids(5, 4), now);
  auto next = core.next(now);
  EXPECT_EQ(next.claim_ready, 4);
  EXPECT_EQ(next.room, 0u);
  core.claimed(0, now);
  EXPECT_EQ(core.next(now).room, 4u) << "offers are welcome again";
}

// Else jobs that end at once would be done at the pace of the scheduler's looks, however many wait: too few at a time
// to make the worker a fast one.
TEST_F(WorkerCoreTest, looks_for_more_itself_when_offers_filled_its_room) {
  core.offered(ids(1, 4), now);
  ASSERT_EQ(core.next(now).claim_offered, ids(1, 4));
  core.claimed(4, now);
  EXPECT_EQ(core.next(now).claim_ready, 0) << "all slots are taken";
  core.ended(4, now);
  EXPECT_GE(core.next(now).claim_ready, 4);
  core.claimed(0, now);
  EXPECT_EQ(core.next(now).claim_ready, 0) << "there was nothing: offers will do";
}

TEST_F(WorkerCoreTest, waits_for_offers_while_these_leave_room) {
  core.offered(ids(1, 3), now);
  ASSERT_EQ(core.next(now).claim_offered, ids(1, 3));
  core.claimed(3, now);
  core.ended(3, now);
  EXPECT_EQ(core.next(now).claim_ready, 0);
}

TEST_F(WorkerCoreTest, a_fast_worker_looks_for_more_now_and_then_though_offers_come) {
  run_fast(500);
  ASSERT_EQ(core.next(now).claim_ready, 128);
  core.claimed(1, now);
  core.offered(ids(1, 3), now);
  EXPECT_EQ(core.next(now).claim_ready, 0);
  core.claimed(3, now);
  EXPECT_EQ(core.next(now + limits.ahead).claim_ready, 128);
}

TEST_F(WorkerCoreTest, claims_what_it_has_heard_of_and_forgets_what_it_has_no_room_for) {
  core.offered(ids(1, 1), now);
  core.heard(ids(2, 1000), now);
  auto next = core.next(now);
  EXPECT_EQ(next.claim_offered, ids(1, 4));
  EXPECT_EQ(next.room, 0u);
  core.claimed(4, now);
  core.heard(ids(5, 1000), now);
  core.ended(1, now);
  EXPECT_TRUE(core.next(now).claim_offered.empty()) << "what is dropped the scheduler offers";
}

TEST_F(WorkerCoreTest, a_brokers_offer_of_what_it_has_heard_of_is_dropped_once_and_only_soon) {
  auto hears_and_ends = [&](std::int64_t id) {
    core.heard(ids(id, 1), now);
    ASSERT_EQ(core.next(now).claim_offered, ids(id, 1));
    core.claimed(1, now);
    core.ended(1, now);
  };
  hears_and_ends(1);
  core.offered(ids(1, 1), now + 5ms);
  EXPECT_TRUE(core.next(now + 5ms).claim_offered.empty());
  core.offered(ids(1, 1), now + 5ms);
  EXPECT_EQ(core.next(now + 5ms).claim_offered, ids(1, 1)) << "it is ready again";
  core.claimed(1, now);
  core.ended(1, now);
  hears_and_ends(2);
  now += limits.silence;
  core.offered(ids(2, 1), now);
  EXPECT_EQ(core.next(now).claim_offered, ids(2, 1)) << "that is no answer to what it heard";
}

TEST_F(WorkerCoreTest, remembers_no_more_than_a_few_hundred_that_it_has_heard_of) {
  for (int id = 1; id <= 300; ++id) {
    core.heard(ids(id, 1), now);
    core.next(now);
    core.claimed(1, now);
    core.ended(1, now);
  }
  core.offered(ids(1, 300), now);
  EXPECT_EQ(core.next(now).claim_offered, ids(257, 4));
}

TEST_F(WorkerCoreTest, takes_nothing_new_while_draining) {
  core.offered(ids(1, 2), now);
  core.drain();
  auto next = core.next(now + 5s);
  EXPECT_TRUE(next.claim_offered.empty());
  EXPECT_EQ(next.claim_ready, 0);
  EXPECT_EQ(next.room, 0u);
}

TEST_F(WorkerCoreTest, wakes_in_time_for_the_end_of_the_silence) {
  EXPECT_LE(core.next(now + 950ms).wait, 50ms);
}

}  // namespace
}  // namespace certfleet::pipeline
