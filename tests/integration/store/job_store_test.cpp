// What only the real job store does: results, follow-up jobs and roles in the database. The rules that it
// shares with the one in memory are in job_store_rules_test.cpp.
#include "lib/store/job_store.h"

#include <gtest/gtest.h>

#include "lib/base/error.h"
#include "lib/store/jobs.h"
#include "lib/store/sql.h"
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
  std::string state(JobId id) { return db.sql("SELECT job.state FROM job WHERE id = " + std::to_string(id.value())); }
  std::string outcome(JobId id) {
    return db.sql("SELECT outcome FROM job_history WHERE id = " + std::to_string(id.value()));
  }
};

// Plans are kept: one made while there was next to no job must hold when there are a million.
TEST_F(JobStoreTest, offers_and_ends_find_their_jobs_by_the_primary_key_alone) {
  auto plan = [&](const std::string& query, const std::string& arguments) {
    return db.sql("SET search_path TO certfleet; SET enable_seqscan TO off;"
                  "SET plan_cache_mode TO force_generic_plan;"
                  "PREPARE asked AS " + std::string(sql::query(query)) +
                  "; EXPLAIN (FORMAT JSON) EXECUTE asked(" + arguments + ")");
  };
  for (const auto& [query, arguments] :
       {std::pair("claim_offered", "1, 'apply', '{1,2}'"),
        std::pair("finish", "'{1}', '{1}', '{1}', '{0}', '{}', '{}', '{}', 1"),
        std::pair("bury", "'{1}', '{1}', '{\"\"}', '{0}'"),
        std::pair("put_back", "'{1}', '{1}', '{0}', '{0}', '{\"\"}', '{0}', '{f}'")}) {
    auto found = plan(query, arguments);
    EXPECT_NE(found.find("job_pkey"), std::string::npos) << query << found;
    EXPECT_EQ(found.find("job_lane"), std::string::npos) << query << found;
  }
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

TEST_F(JobStoreTest, of_a_batch_with_gaps_and_different_fences_each_job_ends_in_its_own_way) {
  auto all = enqueue(8);
  db.sql("UPDATE job SET fence = 6 WHERE id = " + std::to_string(all[4].value()));
  auto jobs = store->claim_ready(session(), Queue::apply, SiteId(), 8);
  std::vector<Finished> batch;
  for (std::size_t at : {0, 1, 3, 4, 5, 7}) {
    batch.push_back(finished(jobs[at], at % 3 == 1 ? How::failed : at % 3 == 2 ? How::cancelled : How::done));
    if (at % 3 == 1) batch.back().error = "error " + std::to_string(at);
    if (at % 3 == 1) batch.back().error_id = static_cast<int>(at);
  }
  batch[2].fence = Fence(9);  // of another attempt
  auto completed = store->complete(batch);
  EXPECT_EQ(completed.accepted, (std::vector{all[0], all[1], all[4], all[5], all[7]}));
  EXPECT_EQ(completed.stale, std::vector{all[3]});
  EXPECT_EQ(db.sql("SELECT string_agg(concat_ws(' ', id - " + std::to_string(all[0].value()) +
                   ", outcome, error, error_id, fence), '; ' ORDER BY id) FROM job_history"),
            "0 done 1; 1 failed error 1 1 1; 4 failed error 4 4 7; 5 cancelled 1; 7 failed error 7 7 1");
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

TEST_F(JobStoreTest, a_job_of_a_rolled_back_cause_does_not_exist) {
  EXPECT_THROW(database.write([&](Tx& tx) {
    jobs::enqueue(tx, {.kind = "apply.run"});
    throw Failure(Fault::permanent, "the cause failed");
  }),
               Failure);
  EXPECT_EQ(db.sql("SELECT count(*) FROM job"), "0");
}

TEST_F(JobStoreTest, a_parked_job_waits_shortly_if_a_living_worker_knows_its_kind) {
  enqueue(2);
  auto waits = [&] {
    return db.sql("SELECT string_agg(CASE WHEN run_at < now() + interval '1 minute' THEN 'soon' ELSE 'later' END, ' ')"
                  " FROM job WHERE parked AND job.state = 'waiting'");
  };
  auto jobs = store->claim_ready(session(), Queue::apply, SiteId(), 2);
  auto park = finished(jobs[0]);
  park.how = How::park;
  park.wait = park_time;
  store->complete({park});
  EXPECT_EQ(waits(), "later");
  auto knowing = info;
  knowing.kinds = {"apply.run"};
  store->open_session(knowing, 15s);
  EXPECT_EQ(waits(), "soon") << "this one has come for it";
  park.id = jobs[1].id;
  park.fence = jobs[1].fence;
  store->complete({park});
  EXPECT_EQ(waits(), "soon soon");
}

TEST_F(JobStoreTest, a_job_of_a_kind_that_this_version_does_not_have_is_handed_back_by_a_drain) {
  db.sql("INSERT INTO job (queue, admitted, priority, attempts_max, kind, time_limit)"
         " VALUES ('apply', true, 4, 1, 'apply.newer', '1 minute')");
  auto back = finished(store->claim_ready(session(), Queue::apply, SiteId(), 1).at(0));
  back.how = How::release;
  auto ready = store->complete({back}).ready;
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_EQ(ready[0].queue, Queue::apply);
}

TEST_F(JobStoreTest, a_job_may_be_delivered_as_often_as_it_takes) {
  enqueue(1);
  db.sql("UPDATE job SET deliveries = 32767");
  auto job = store->claim_ready(session(), Queue::apply, SiteId(), 1).at(0);
  auto back = finished(job);
  back.how = How::release;
  auto ready = store->complete({back}).ready;
  ASSERT_EQ(ready.size(), 1u);
  EXPECT_EQ(store->claim_offered(session(), Queue::apply, {ready[0].id}).size(), 1u);
}

TEST_F(JobStoreTest, a_worker_tells_how_wrong_its_hosts_clock_is) {
  auto s = session();
  EXPECT_EQ(db.sql("SELECT abs(clock_error_s) < 1 FROM session"), "t");
  db.sql("UPDATE session SET clock_error_s = 3600");
  store->renew(s, 15s, false);
  EXPECT_EQ(db.sql("SELECT abs(clock_error_s) < 1 FROM session"), "t");
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

TEST_F(JobStoreTest, an_end_that_can_not_be_stored_holds_up_no_other) {
  auto ids = enqueue(3);
  auto jobs = store->claim_ready(session(), Queue::apply, SiteId(), 3);
  auto unreadable = finished(jobs.at(0), How::retry);
  unreadable.error = "no UTF-8: \xff";
  auto follow_up = finished(jobs.at(1));
  follow_up.follow_ups = {{.kind = "mail.send", .concurrency_key = "\xff"}};
  auto completed = store->complete({unreadable, follow_up, finished(jobs.at(2))});
  EXPECT_EQ(completed.accepted, std::vector{ids[2]});
  EXPECT_EQ(completed.refused, (std::vector{ids[0], ids[1]}));
  EXPECT_EQ(outcome(ids[0]) + " " + outcome(ids[1]) + " " + outcome(ids[2]), "failed failed done");
}

TEST_F(JobStoreTest, a_job_of_a_kind_unknown_here_can_be_handed_back) {
  auto ids = enqueue(1);
  auto job = store->claim_ready(session(), Queue::apply, SiteId(), 1).at(0);
  job.kind = "apply.tomorrow";  // as a newer version may write it
  auto back = store->complete({finished(job, How::release)}).ready;
  ASSERT_EQ(back.size(), 1u);
  EXPECT_EQ(back[0].queue, Queue::apply);
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
