// The rules of JobStore on the real database (DESIGN section 3).
#include "lib/store/job_store.h"

#include <gtest/gtest.h>

#include "lib/base/error.h"
#include "lib/store/jobs.h"
#include "tests/support/database/database.h"

namespace certfleet::store {
namespace {

using namespace std::chrono_literals;
using domain::Queue;
using How = Finished::How;

class JobStoreTest : public ::testing::Test {
 protected:
  testing::TestDatabase db;
  Database database{db.settings()};
  std::unique_ptr<JobStore> store = postgres_job_store(db.settings());
  SessionInfo info{Queue::apply, SiteId(), "host", 1, 4};

  SessionId session() { return store->open_session(info, 15s); }
  void lapse(SessionId id) {
    db.sql("UPDATE session SET expires_at = now() - interval '2 seconds' WHERE id = " + std::to_string(id.value()));
  }

  std::vector<JobId> enqueue(int count, const domain::NewJob& base = {.kind = "apply.run"}) {
    std::vector<domain::NewJob> jobs(static_cast<std::size_t>(count), base);
    auto refs = database.writing([&](Tx& tx) {
      jobs::enqueue(tx, jobs);
      return tx.ready_jobs();
    });
    std::vector<JobId> ids;
    for (const auto& ref : refs) ids.push_back(ref.id);
    return ids;
  }

  static Finished finished(const domain::Job& job, How how = How::done) {
    Finished end;
    end.id = job.id;
    end.fence = job.fence;
    end.kind = job.kind;
    end.concurrency_key = job.concurrency_key;
    end.how = how;
    return end;
  }
  std::string state(JobId id) { return db.sql("SELECT state FROM job WHERE id = " + std::to_string(id.value())); }
  std::string outcome(JobId id) {
    return db.sql("SELECT outcome FROM job_history WHERE id = " + std::to_string(id.value()));
  }
};

TEST_F(JobStoreTest, a_ready_job_is_claimed_once_with_a_new_fence) {
  auto ids = enqueue(1);
  ASSERT_EQ(ids.size(), 1u);
  auto s = session();
  auto claimed = store->claim_offered(s, Queue::apply, ids);
  ASSERT_EQ(claimed.size(), 1u);
  EXPECT_EQ(claimed[0].fence, Fence(1));
  EXPECT_EQ(claimed[0].kind, "apply.run");
  EXPECT_EQ(claimed[0].time_limit, 300s);
  EXPECT_TRUE(store->claim_offered(s, Queue::apply, ids).empty());
  EXPECT_TRUE(store->claim_ready(s, Queue::apply, SiteId(), 10).empty());
}

TEST_F(JobStoreTest, claims_go_by_urgency_then_age) {
  auto old = enqueue(2);
  auto urgent = enqueue(1, {.kind = "apply.run", .priority = domain::Priority::person});
  auto claimed = store->claim_ready(session(), Queue::apply, SiteId(), 2);
  ASSERT_EQ(claimed.size(), 2u);
  EXPECT_EQ(claimed[0].id, urgent[0]);
  EXPECT_EQ(claimed[1].id, old[0]);
}

TEST_F(JobStoreTest, a_worker_of_a_site_takes_jobs_of_that_site_or_of_none) {
  auto none = enqueue(1);
  auto tokyo = enqueue(1, {.kind = "apply.run", .site = SiteId(1)});
  enqueue(1, {.kind = "apply.run", .site = SiteId(2)});
  auto claimed = store->claim_ready(session(), Queue::apply, SiteId(1), 10);
  ASSERT_EQ(claimed.size(), 2u);
  EXPECT_EQ(claimed[0].id, none[0]);
  EXPECT_EQ(claimed[1].id, tokyo[0]);
}

TEST_F(JobStoreTest, a_lapsed_session_can_neither_claim_nor_live_again) {
  auto ids = enqueue(1);
  auto s = session();
  lapse(s);
  EXPECT_TRUE(store->claim_offered(s, Queue::apply, ids).empty());
  EXPECT_TRUE(store->claim_ready(s, Queue::apply, SiteId(), 1).empty());
  EXPECT_FALSE(store->renew(s, 15s, false).alive);
  EXPECT_EQ(state(ids[0]), "ready");
}

TEST_F(JobStoreTest, a_completed_job_moves_to_history_with_its_writes_and_follow_ups) {
  enqueue(1);
  auto job = store->claim_ready(session(), Queue::apply, SiteId(), 1).at(0);
  auto end = finished(job);
  end.writes.push_back([](Tx& tx) { jobs::enqueue(tx, {.kind = "mail.send", .subject = 5}); });
  end.follow_ups.push_back({.kind = "verify.node", .subject = 9});
  auto completed = store->complete({end});
  EXPECT_EQ(completed.accepted, std::vector{job.id});
  EXPECT_EQ(completed.ready.size(), 2u);
  EXPECT_EQ(outcome(job.id), "done");
  EXPECT_EQ(db.sql("SELECT count(*) FROM job"), "2");
}

TEST_F(JobStoreTest, a_stale_fence_writes_nothing) {
  enqueue(1);
  auto s = session();
  auto old = store->claim_ready(s, Queue::apply, SiteId(), 1).at(0);
  lapse(s);
  EXPECT_EQ(store->sweep(10).back.size(), 1u);
  auto current = store->claim_ready(session(), Queue::apply, SiteId(), 1).at(0);
  EXPECT_EQ(current.fence, Fence(3)) << "taking back and claiming raise it by one each";

  auto end = finished(old);
  end.writes.push_back([](Tx&) { FAIL() << "a stale result must not be written"; });
  auto completed = store->complete({end});
  EXPECT_EQ(completed.stale, std::vector{old.id});
  EXPECT_TRUE(completed.accepted.empty());
  EXPECT_THROW(store->commit_guarded(old.id, old.fence, [](Tx&) { FAIL(); }), Failure);
  EXPECT_EQ(state(old.id), "running");
  EXPECT_EQ(store->complete({finished(current)}).accepted.size(), 1u);
}

TEST_F(JobStoreTest, the_end_of_a_job_is_accepted_once) {
  enqueue(1);
  auto job = store->claim_ready(session(), Queue::apply, SiteId(), 1).at(0);
  EXPECT_EQ(store->complete({finished(job)}).accepted.size(), 1u);
  EXPECT_EQ(store->complete({finished(job)}).stale.size(), 1u);
  EXPECT_EQ(db.sql("SELECT count(*) FROM job_history"), "1");
}

TEST_F(JobStoreTest, a_bad_result_fails_its_own_job_and_no_other) {
  enqueue(2);
  auto jobs = store->claim_ready(session(), Queue::apply, SiteId(), 2);
  auto bad = finished(jobs[0]);
  bad.writes.push_back([](Tx&) { throw Failure(Fault::conflict, "this row is taken"); });
  auto completed = store->complete({bad, finished(jobs[1])});
  EXPECT_EQ(completed.accepted, std::vector{jobs[1].id});
  EXPECT_EQ(completed.refused, std::vector{jobs[0].id});
  EXPECT_EQ(outcome(jobs[0].id), "failed");
  EXPECT_EQ(outcome(jobs[1].id), "done");
}

TEST_F(JobStoreTest, a_failed_attempt_waits_and_is_counted) {
  auto ids = enqueue(1);
  auto job = store->claim_ready(session(), Queue::apply, SiteId(), 1).at(0);
  auto back = finished(job, How::retry);
  back.wait = 60s;
  back.error = "no answer";
  store->complete({back});
  EXPECT_EQ(state(ids[0]), "waiting");
  EXPECT_TRUE(store->promote_due(10).empty());
  db.sql("UPDATE job SET run_at = now()");
  EXPECT_EQ(store->promote_due(10).size(), 1u);
  EXPECT_EQ(store->claim_ready(session(), Queue::apply, SiteId(), 1).at(0).attempts_failed, 1);
}

TEST_F(JobStoreTest, a_released_job_is_ready_at_once_and_counts_no_attempt) {
  auto ids = enqueue(1);
  auto job = store->claim_ready(session(), Queue::apply, SiteId(), 1).at(0);
  EXPECT_EQ(store->complete({finished(job, How::release)}).ready.size(), 1u);
  EXPECT_EQ(store->claim_ready(session(), Queue::apply, SiteId(), 1).at(0).attempts_failed, 0);
}

TEST_F(JobStoreTest, one_concurrency_key_is_held_by_one_job) {
  domain::NewJob keyed{.kind = "apply.run", .concurrency_key = "access:1"};
  EXPECT_EQ(enqueue(3, keyed).size(), 1u) << "the others wait";
  auto s = session();
  auto first = store->claim_ready(s, Queue::apply, SiteId(), 10);
  ASSERT_EQ(first.size(), 1u);
  EXPECT_TRUE(store->promote_due(10).empty());
  auto completed = store->complete({finished(first[0])});
  EXPECT_EQ(completed.ready.size(), 1u) << "the end of one makes the next ready";
  EXPECT_EQ(store->claim_ready(s, Queue::apply, SiteId(), 10).size(), 1u);
}

TEST_F(JobStoreTest, a_keyed_job_that_waits_for_its_retry_lets_others_use_the_key) {
  domain::NewJob keyed{.kind = "apply.run", .concurrency_key = "access:1"};
  enqueue(2, keyed);
  auto s = session();
  auto first = store->claim_ready(s, Queue::apply, SiteId(), 10).at(0);
  auto back = finished(first, How::retry);
  back.wait = 60s;
  EXPECT_EQ(store->complete({back}).ready.size(), 1u);
}

TEST_F(JobStoreTest, a_job_that_takes_its_workers_with_it_dies) {
  auto ids = enqueue(1);
  for (int crash = 1; crash <= crashes_max; ++crash) {
    auto s = session();
    ASSERT_EQ(store->claim_ready(s, Queue::apply, SiteId(), 1).size(), 1u);
    lapse(s);
    auto swept = store->sweep(10);
    EXPECT_EQ(swept.dead, crash == crashes_max ? 1 : 0);
    EXPECT_EQ(swept.sessions, 1);
  }
  EXPECT_EQ(db.sql("SELECT count(*) FROM job"), "0");
  EXPECT_EQ(db.sql("SELECT crashes FROM job_dead"), "5");
}

TEST_F(JobStoreTest, a_dead_job_is_kept_with_its_last_error) {
  enqueue(1);
  auto end = finished(store->claim_ready(session(), Queue::apply, SiteId(), 1).at(0), How::dead);
  end.error = "no answer";
  end.error_id = 1810;
  store->complete({end});
  EXPECT_EQ(db.sql("SELECT error || error_id FROM job_dead"), "no answer1810");
  EXPECT_EQ(db.sql("SELECT count(*) FROM job_history"), "0");
}

TEST_F(JobStoreTest, a_hung_job_is_taken_back_though_its_session_lives) {
  auto ids = enqueue(1);
  store->claim_ready(session(), Queue::apply, SiteId(), 1);
  EXPECT_TRUE(store->sweep(10).back.empty());
  db.sql("UPDATE job SET run_deadline = now() - interval '61 seconds'");
  EXPECT_EQ(store->sweep(10).back.size(), 1u);
}

TEST_F(JobStoreTest, a_live_dedupe_key_is_not_enqueued_again) {
  domain::NewJob once{.kind = "verify.node", .dedupe_key = "verify:1"};
  auto made = [&] { return database.writing([&](Tx& tx) { return jobs::enqueue(tx, once); }); };
  EXPECT_EQ(made(), 1);
  EXPECT_EQ(made(), 0);
}

TEST_F(JobStoreTest, a_job_of_a_rolled_back_cause_does_not_exist) {
  EXPECT_THROW(database.write([&](Tx& tx) {
    jobs::enqueue(tx, {.kind = "apply.run"});
    throw Failure(Fault::permanent, "the cause failed");
  }),
               Failure);
  EXPECT_EQ(db.sql("SELECT count(*) FROM job"), "0");
}

TEST_F(JobStoreTest, a_renewal_tells_which_jobs_are_to_be_cancelled) {
  auto ids = enqueue(2);
  auto s = session();
  store->claim_ready(s, Queue::apply, SiteId(), 2);
  db.sql("UPDATE job SET cancel = true WHERE id = " + std::to_string(ids[1].value()));
  auto beat = store->renew(s, 15s, false);
  EXPECT_TRUE(beat.alive);
  EXPECT_EQ(beat.cancelled, std::vector{ids[1]});
}

TEST_F(JobStoreTest, every_worker_role_can_run_the_engine) {
  for (auto role : {"certfleet_csr", "certfleet_order", "certfleet_apply", "certfleet_verify", "certfleet_mail"}) {
    enqueue(1);
    auto worker = postgres_job_store(db.settings_as(role));
    auto s = worker->open_session(info, 15s);
    auto jobs = worker->claim_ready(s, Queue::apply, SiteId(), 1);
    ASSERT_EQ(jobs.size(), 1u) << role;
    auto end = finished(jobs[0]);
    end.follow_ups.push_back({.kind = "mail.send"});
    EXPECT_EQ(worker->complete({end}).accepted.size(), 1u) << role;
    worker->close_session(s);
  }
}

TEST_F(JobStoreTest, the_scheduler_role_can_sweep_promote_and_look) {
  enqueue(1);
  auto scheduler = postgres_job_store(db.settings_as("certfleet_scheduler"));
  scheduler->sweep(10);
  scheduler->promote_due(10);
  EXPECT_EQ(scheduler->ready_jobs(Queue::apply, 10).size(), 1u);
  Database work(db.settings_as("certfleet_scheduler"));
  work.write([](Tx& tx) { jobs::ensure_partitions(tx); });
}

TEST_F(JobStoreTest, a_broker_role_sees_peers_and_nothing_of_jobs) {
  Database broker(db.settings_as("certfleet_broker"));
  auto store_of_broker = postgres_job_store(db.settings_as("certfleet_broker"));
  EXPECT_THROW(store_of_broker->ready_jobs(Queue::apply, 1), Failure);
}

}  // namespace
}  // namespace certfleet::store
