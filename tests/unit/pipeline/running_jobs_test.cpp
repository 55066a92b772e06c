#include "lib/pipeline/running_jobs.h"

#include <gtest/gtest.h>

namespace certfleet::pipeline {
namespace {

domain::Job job(std::int64_t id, std::int64_t fence) {
  domain::Job job;
  job.id = JobId(id);
  job.fence = Fence(fence);
  return job;
}

TEST(RunningJobs, a_stopped_job_knows_why) {
  RunningJobs running;
  auto token = running.started(job(1, 1));
  auto other = running.started(job(2, 1));
  running.stop(JobId(1), StopReason::cancelled);
  EXPECT_TRUE(token.stop_requested());
  EXPECT_FALSE(other.stop_requested());
  EXPECT_EQ(running.ended(job(1, 1)), StopReason::cancelled);
  EXPECT_EQ(running.ended(job(2, 1)), StopReason::none);
}

TEST(RunningJobs, the_first_reason_stands) {
  RunningJobs running;
  running.started(job(1, 1));
  running.stop_all(StopReason::session_lost);
  running.stop(JobId(1), StopReason::cancelled);
  EXPECT_EQ(running.ended(job(1, 1)), StopReason::session_lost);
}

TEST(RunningJobs, one_that_began_as_cancelled_is_not_stopped_by_that_again) {
  RunningJobs running;
  auto cancelled = job(1, 1);
  cancelled.cancel = true;
  auto token = running.started(cancelled);
  running.stop(JobId(1), StopReason::cancelled);
  EXPECT_FALSE(token.stop_requested());
  running.stop_all(StopReason::drain);
  EXPECT_TRUE(token.stop_requested());
  EXPECT_EQ(running.ended(cancelled), StopReason::drain);
}

TEST(RunningJobs, an_old_attempt_that_returns_late_leaves_the_new_one_alone) {
  RunningJobs running;
  running.started(job(1, 1));
  running.stop_all(StopReason::session_lost);
  auto token = running.started(job(1, 3));
  EXPECT_FALSE(token.stop_requested());
  EXPECT_EQ(running.ended(job(1, 1)), StopReason::session_lost);
  running.stop(JobId(1), StopReason::drain);
  EXPECT_TRUE(token.stop_requested());
  EXPECT_EQ(running.ended(job(1, 3)), StopReason::drain);
}

}  // namespace
}  // namespace certfleet::pipeline
