// Everything that decides what happens to a job next, read from the database.
#include "lib/store/job_standing.h"

#include <gtest/gtest.h>

#include "lib/store/job_limits.h"
#include "lib/store/job_store.h"
#include "lib/store/jobs.h"
#include "tests/support/database/database.h"

namespace certfleet::store {
namespace {

using namespace std::chrono_literals;

class JobStanding : public ::testing::Test {
 protected:
  JobId enqueue(const domain::NewJob& job) {
    database_.write([&](Tx& tx) { jobs::enqueue(tx, job); });
    return JobId(std::stoll(test_.sql("SELECT max(id) FROM job")));
  }
  SessionId session(SiteId site = {}, std::vector<std::string> kinds = {"apply.run"}) {
    return engine_->open_session({domain::Queue::apply, site, "host", 7, 1, std::move(kinds), {}}, 60s);
  }
  job_views::Standing standing(JobId id) {
    return database_.reading([&](Tx& tx) { return job_views::standing(tx, id); }).value();
  }

  certfleet::testing::TestDatabase test_;
  Database database_{test_.settings()};
  std::unique_ptr<JobStore> engine_ = postgres_job_store(test_.settings());
};

TEST_F(JobStanding, tells_who_holds_the_key_and_how_many_go_first) {
  enqueue({.kind = "apply.run", .concurrency_key = "access:1"});
  enqueue({.kind = "apply.run", .concurrency_key = "access:1"});
  auto last = enqueue({.kind = "apply.run", .concurrency_key = "access:1"});
  auto job = standing(last);
  ASSERT_TRUE(job.holder.has_value());
  EXPECT_EQ(job.holder->state, "ready");
  EXPECT_FALSE(job.holder->since.has_value());
  EXPECT_EQ(job.before_it, 1);
  engine_->claim_ready(session(), domain::Queue::apply, {}, 1);
  job = standing(last);
  EXPECT_EQ(job.holder->worker, "host 7");
  EXPECT_TRUE(job.holder->since.has_value());
  EXPECT_FALSE(standing(job.holder->id).holder.has_value()) << "it does not wait for itself";
}

TEST_F(JobStanding, tells_the_limit_and_who_holds_it) {
  test_.sql("INSERT INTO site (name) VALUES ('tokyo')");
  database_.write([&](Tx& tx) { job_limits::set(tx, {{}, SiteId(1), domain::Queue::apply}, 1, {}); });
  enqueue({.kind = "apply.run", .site = SiteId(1)});
  auto job = standing(enqueue({.kind = "apply.run", .site = SiteId(1)}));
  ASSERT_TRUE(job.limit.has_value());
  EXPECT_EQ(job.limit->name, "tokyo");
  EXPECT_EQ(job.limit->parallel, 1);
  EXPECT_EQ(job.limit->held, 1);
}

TEST_F(JobStanding, counts_the_workers_that_could_take_it) {
  test_.sql("INSERT INTO site (name) VALUES ('tokyo'), ('osaka')");
  auto id = enqueue({.kind = "apply.run", .site = SiteId(1)});
  EXPECT_EQ(standing(id).workers.all, 0);
  session(SiteId(2));
  session(SiteId(1), {"apply.other"});
  EXPECT_EQ(standing(id).workers.all, 2);
  EXPECT_EQ(standing(id).workers.of_site, 1);
  EXPECT_EQ(standing(id).workers.knowing, 0);
  auto any = session();
  EXPECT_EQ(standing(id).workers.knowing, 1);
  test_.sql("UPDATE session SET expires_at = now() - interval '1 second' WHERE id = " + std::to_string(any.value()));
  EXPECT_EQ(standing(id).workers.knowing, 0) << "the dead take none";
}

TEST_F(JobStanding, tells_whether_the_worker_of_a_running_job_lives) {
  auto id = enqueue({.kind = "apply.run"});
  engine_->claim_ready(session(), domain::Queue::apply, {}, 1);
  auto job = standing(id);
  EXPECT_TRUE(job.worker_lives);
  EXPECT_TRUE(job.run_deadline.has_value());
  EXPECT_EQ(job.attempts_max, 3);
  test_.sql("UPDATE session SET expires_at = now() - interval '1 second'");
  EXPECT_FALSE(standing(id).worker_lives);
  EXPECT_FALSE(database_.reading([](Tx& tx) { return job_views::standing(tx, JobId(99)); }).has_value());
}

}  // namespace
}  // namespace certfleet::store
