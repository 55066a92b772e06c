#include "lib/pipeline/conclude.h"

#include <gtest/gtest.h>

namespace certfleet::pipeline {
namespace {

using How = store::Finished::How;

domain::Job job(int attempts_failed = 0) {
  domain::Job job;
  job.id = JobId(7);
  job.fence = Fence(3);
  job.kind = "apply.run";
  job.attempts_failed = attempts_failed;
  job.attempts_max = 3;
  return job;
}

const Failure timeout(Fault::retry, 1810, "node1: no answer");

class Played final : public Handler {
 public:
  std::string_view kind() const override { return "apply.run"; }
  Outcome run(const domain::Job&, Context&) override { return Outcome::done(); }
  bool sees_cancelled() const override { return sees; }
  std::vector<Write> gave_up(const domain::Job&, const Failure&) override {
    ++gave_up_calls;
    return {[](store::Tx&) {}};
  }
  bool sees = false;
  int gave_up_calls = 0;
};

class ConcludeTest : public ::testing::Test {
 protected:
  Played handler;
  int& gave_up_calls = handler.gave_up_calls;
  store::Finished end(const domain::Job& of, Outcome outcome, StopReason stopped = StopReason::none) {
    return conclude(of, std::move(outcome), stopped, 0.5, handler);
  }
};

domain::Job cancelled_job() {
  auto one = job();
  one.cancel = true;
  return one;
}

TEST_F(ConcludeTest, a_done_job_brings_its_writes_and_follow_ups) {
  domain::NewJob next;
  next.kind = "verify.node";
  auto finished = end(job(), Outcome::done().with([](store::Tx&) {}).then(next));
  EXPECT_EQ(finished.how, How::done);
  EXPECT_EQ(finished.id, JobId(7));
  EXPECT_EQ(finished.fence, Fence(3));
  EXPECT_EQ(finished.writes.size(), 1u);
  EXPECT_EQ(finished.follow_ups.size(), 1u);
  EXPECT_EQ(gave_up_calls, 0);
}

TEST_F(ConcludeTest, a_transient_failure_is_tried_again_with_a_wait) {
  auto finished = end(job(), Outcome::retry(timeout));
  EXPECT_EQ(finished.how, How::retry);
  EXPECT_GE(finished.wait.count(), 1);
  EXPECT_EQ(finished.error, "node1: no answer");
  EXPECT_EQ(finished.error_id, 1810);
  EXPECT_EQ(gave_up_calls, 0);
}

TEST_F(ConcludeTest, what_the_other_side_asks_for_is_the_least_wait) {
  Failure limited(Fault::retry, 2104, "CA: rate limited");
  limited.after(std::chrono::seconds(3600));
  EXPECT_GE(end(job(), Outcome::retry(limited)).wait, std::chrono::seconds(3600));
}

TEST_F(ConcludeTest, the_last_failed_attempt_makes_the_job_dead_and_says_so_to_its_subject) {
  auto finished = end(job(2), Outcome::retry(timeout));
  EXPECT_EQ(finished.how, How::dead);
  EXPECT_EQ(gave_up_calls, 1);
  EXPECT_EQ(finished.writes.size(), 1u);
}

TEST_F(ConcludeTest, a_permanent_failure_ends_the_job_at_once) {
  auto finished = end(job(), Outcome::failed(Failure(Fault::permanent, 1811, "login refused")));
  EXPECT_EQ(finished.how, How::failed);
  EXPECT_EQ(gave_up_calls, 1);
}

TEST_F(ConcludeTest, a_wait_is_no_failed_attempt) {
  auto finished = end(job(2), Outcome::wait_for(std::chrono::seconds(30)));
  EXPECT_EQ(finished.how, How::release);
  EXPECT_EQ(finished.wait, std::chrono::seconds(30));
}

TEST_F(ConcludeTest, a_drain_hands_back_without_counting_an_attempt) {
  EXPECT_EQ(end(job(2), Outcome::retry(timeout), StopReason::drain).how, How::release);
  EXPECT_EQ(end(job(2), Outcome::cancelled(), StopReason::session_lost).how, How::release);
  EXPECT_EQ(gave_up_calls, 0);
}

TEST_F(ConcludeTest, what_ended_before_the_drain_reached_it_has_ended) {
  EXPECT_EQ(end(job(), Outcome::done(), StopReason::drain).how, How::done);
  EXPECT_EQ(end(job(), Outcome::failed(timeout), StopReason::cancelled).how, How::failed);
}

TEST_F(ConcludeTest, a_cancelled_job_says_so_to_its_subject) {
  auto finished = end(job(), Outcome::cancelled(), StopReason::cancelled);
  EXPECT_EQ(finished.how, How::cancelled);
  EXPECT_EQ(gave_up_calls, 1);
}

TEST_F(ConcludeTest, a_job_that_was_cancelled_before_its_claim_is_not_run_and_ends) {
  EXPECT_TRUE(is_run(job(), handler));
  EXPECT_FALSE(is_run(cancelled_job(), handler));
  EXPECT_EQ(end(cancelled_job(), Outcome::cancelled()).how, How::cancelled);
  EXPECT_EQ(end(cancelled_job(), Outcome::cancelled(), StopReason::drain).how, How::cancelled);
  EXPECT_EQ(gave_up_calls, 2);
}

TEST_F(ConcludeTest, a_session_that_may_be_gone_cancels_nothing) {
  EXPECT_EQ(end(cancelled_job(), Outcome::cancelled(), StopReason::session_lost).how, How::release);
  EXPECT_EQ(gave_up_calls, 0);
}

TEST_F(ConcludeTest, a_handler_that_sees_cancelled_jobs_says_when_they_end) {
  handler.sees = true;
  EXPECT_TRUE(is_run(cancelled_job(), handler));
  auto waiting = end(cancelled_job(), Outcome::wait_for(std::chrono::seconds(60), timeout));
  EXPECT_EQ(waiting.how, How::release);
  EXPECT_EQ(waiting.wait, std::chrono::seconds(60));
  EXPECT_EQ(waiting.error, "node1: no answer");
  EXPECT_EQ(end(cancelled_job(), Outcome::retry(timeout)).how, How::retry);
  EXPECT_EQ(end(job(), Outcome::retry(timeout), StopReason::cancelled).how, How::release);
  EXPECT_EQ(end(job(), Outcome::wait_for(std::chrono::seconds(60)), StopReason::cancelled).how, How::release);
  EXPECT_EQ(gave_up_calls, 0);
  EXPECT_EQ(end(cancelled_job(), Outcome::cancelled()).how, How::cancelled);
  EXPECT_EQ(end(job(), Outcome::cancelled(), StopReason::cancelled).how, How::cancelled);
  EXPECT_EQ(gave_up_calls, 2);
}

TEST_F(ConcludeTest, a_kind_of_a_newer_version_is_parked_and_says_nothing_of_itself) {
  auto unknown = job();
  unknown.kind = "apply.tomorrow";
  auto finished = parked(unknown);
  EXPECT_EQ(finished.how, How::park);
  EXPECT_EQ(finished.fence, unknown.fence);
  EXPECT_GT(finished.wait, std::chrono::minutes(1));
  EXPECT_EQ(finished.error, "");
}

TEST_F(ConcludeTest, which_failures_are_tried_again_is_a_matter_of_their_kind) {
  for (auto fault : {Fault::retry, Fault::unreachable, Fault::in_doubt}) EXPECT_TRUE(Failure(fault, "x").transient());
  for (auto fault : {Fault::permanent, Fault::usage, Fault::not_found, Fault::denied, Fault::conflict, Fault::stale})
    EXPECT_FALSE(Failure(fault, "x").transient());
}

TEST_F(ConcludeTest, the_wait_is_jittered_over_the_whole_span_of_the_kind) {
  auto wait = [&](double dice) {
    return conclude(job(1), Outcome::retry(timeout), StopReason::none, dice, handler).wait;
  };
  EXPECT_EQ(wait(0), std::chrono::seconds(1));
  EXPECT_EQ(wait(0.5), std::chrono::seconds(11));  // apply.run: 10 s, doubled once
  EXPECT_EQ(wait(0.999), std::chrono::seconds(20));
}

TEST_F(ConcludeTest, what_a_failure_says_is_kept_as_text_that_the_database_takes) {
  auto finished = end(job(), Outcome::retry(Failure(Fault::retry, "peer said \xff\xfe\nand more")));
  EXPECT_EQ(finished.error, "peer said ???and more");
  EXPECT_LE(end(job(), Outcome::retry(Failure(Fault::retry, std::string(5000, 'x')))).error.size(), 1010u);
}

}  // namespace
}  // namespace certfleet::pipeline
