// Jobs as an administrator sees and handles them.
#include "lib/store/job_views.h"

#include <gtest/gtest.h>

#include "lib/base/error.h"
#include "lib/store/job_store.h"
#include "lib/store/jobs.h"
#include "lib/store/jobs_by_hand.h"
#include "tests/support/database/database.h"

namespace certfleet::store {
namespace {

using std::chrono::seconds;

class JobViews : public ::testing::Test {
 protected:
  JobViews() : admin_(test_.settings_as_admin()), engine_(postgres_job_store(test_.settings())) {}

  JobId enqueue(std::int64_t subject, const std::string& key = "", seconds wait = seconds(0)) {
    domain::NewJob job;
    job.kind = "mail.send";
    job.subject = subject;
    job.concurrency_key = key;
    job.wait = wait;
    owner_.write([&](Tx& tx) { jobs::enqueue_by_person(tx, job); });
    return JobId(std::stoll(test_.sql("SELECT max(id) FROM job")));
  }

  std::string state_of(JobId id) {
    auto row = admin_.reading([&](Tx& tx) { return job_views::find(tx, id); });
    return row ? row->state : "gone";
  }

  domain::Job claim() {
    session_ = engine_->open_session({domain::Queue::mail, {}, "host", 7, 1}, seconds(60));
    auto jobs = engine_->claim_ready(session_, domain::Queue::mail, {}, 1);
    EXPECT_EQ(jobs.size(), 1U);
    return jobs.at(0);
  }

  void end(const domain::Job& job, Finished::How how) {
    Finished finished;
    finished.id = job.id;
    finished.fence = job.fence;
    finished.kind = job.kind;
    finished.concurrency_key = job.concurrency_key;
    finished.how = how;
    finished.error = "went wrong";
    engine_->complete({finished});
  }

  certfleet::testing::TestDatabase test_;
  Database owner_{test_.settings()};
  Database admin_;
  std::unique_ptr<JobStore> engine_;
  SessionId session_;
};

TEST_F(JobViews, a_job_is_seen_in_every_state_of_its_life) {
  auto id = enqueue(1);
  EXPECT_EQ(state_of(id), "ready");
  auto job = claim();
  auto row = admin_.reading([&](Tx& tx) { return job_views::find(tx, id); });
  EXPECT_EQ(row->state, "running");
  EXPECT_EQ(row->worker, "host 7");
  end(job, Finished::How::done);
  row = admin_.reading([&](Tx& tx) { return job_views::find(tx, id); });
  EXPECT_EQ(row->state, "done");
  EXPECT_TRUE(row->ended_at.has_value());
  // A list is of what is still to be done, unless more is asked for.
  EXPECT_TRUE(admin_.reading([](Tx& tx) { return job_views::newest(tx, {}, 10); }).empty());
  job_views::Filter all;
  all.ended = true;
  EXPECT_EQ(admin_.reading([&](Tx& tx) { return job_views::newest(tx, all, 10); }).size(), 1U);
}

TEST_F(JobViews, filters_take_what_fits_newest_first) {
  enqueue(1);
  auto second = enqueue(2);
  auto waiting = enqueue(3, "", seconds(600));
  job_views::Filter ready;
  ready.state = "ready";
  auto rows = admin_.reading([&](Tx& tx) { return job_views::newest(tx, ready, 10); });
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].id, second);
  EXPECT_EQ(state_of(waiting), "waiting");
  job_views::Filter csr;
  csr.queue = domain::Queue::csr;
  EXPECT_TRUE(admin_.reading([&](Tx& tx) { return job_views::newest(tx, csr, 10); }).empty());
}

TEST_F(JobViews, a_waiting_job_that_is_cancelled_is_handed_out_to_be_ended) {
  auto id = enqueue(1, "", seconds(600));
  admin_.write([&](Tx& tx) { jobs::cancel(tx, id); });
  EXPECT_TRUE(claim().cancel);
}

TEST_F(JobViews, a_job_whose_key_is_held_waits_to_be_cancelled) {
  enqueue(1, "access:1");
  auto second = enqueue(2, "access:1");
  admin_.write([&](Tx& tx) { jobs::cancel(tx, second); });
  EXPECT_EQ(state_of(second), "waiting");
}

TEST_F(JobViews, a_dead_job_is_sent_again_by_hand_and_counted_anew) {
  auto id = enqueue(1, "access:1");
  end(claim(), Finished::How::dead);
  EXPECT_EQ(state_of(id), "dead");
  admin_.write([&](Tx& tx) { jobs::retry(tx, id); });
  auto again = claim();
  EXPECT_EQ(again.id, id);
  EXPECT_EQ(again.attempts_failed, 0);
  EXPECT_THROW(admin_.write([&](Tx& tx) { jobs::retry(tx, id); }), Failure);
}

TEST_F(JobViews, pages_go_from_the_newest_to_older_ones) {
  auto oldest = enqueue(1);
  auto middle = enqueue(2);
  auto newest = enqueue(3);
  job_views::Filter page;
  auto ids = [&] {
    std::vector<JobId> list;
    for (const auto& row : admin_.reading([&](Tx& tx) { return job_views::newest(tx, page, 2); }))
      list.push_back(row.id);
    return list;
  };
  EXPECT_EQ(ids(), (std::vector{newest, middle}));
  page.before = middle;
  EXPECT_EQ(ids(), std::vector{oldest});
  page.kind = "mail.test";
  EXPECT_TRUE(ids().empty());
}

TEST_F(JobViews, many_are_cancelled_at_once_and_of_each_key_one_is_handed_out) {
  enqueue(1, "", seconds(600));
  for (int i = 0; i < 3; ++i) enqueue(2, "access:1", seconds(600));
  enqueue(3, "access:2");
  auto held = enqueue(4, "access:2", seconds(600));
  job_views::Filter mails;
  mails.kind = "mail.send";
  EXPECT_EQ(admin_.reading([&](Tx& tx) { return job_views::count(tx, mails); }), 6);
  auto ids = admin_.reading([&](Tx& tx) { return job_views::ids(tx, mails, {}, 100); });
  ASSERT_EQ(ids.size(), 6U);
  EXPECT_EQ(admin_.reading([&](Tx& tx) { return job_views::ids(tx, mails, ids[3], 100); }).size(), 2U);
  EXPECT_EQ(admin_.writing([&](Tx& tx) { return jobs::cancel(tx, ids); }), 6);
  EXPECT_EQ(test_.sql("SELECT count(*) FROM job WHERE cancel"), "6");
  EXPECT_EQ(test_.sql("SELECT count(*) FROM job WHERE job.state = 'ready'"), "3")
      << "one without a key, one of each key";
  EXPECT_EQ(state_of(held), "waiting");
}

TEST_F(JobViews, many_dead_jobs_are_sent_again_at_once) {
  for (int i = 0; i < 3; ++i) {
    enqueue(i, "access:1");
    end(claim(), Finished::How::dead);
  }
  job_views::Filter dead;
  dead.state = "dead";
  EXPECT_EQ(admin_.reading([&](Tx& tx) { return job_views::count(tx, dead); }), 3);
  auto ids = admin_.reading([&](Tx& tx) { return job_views::ids(tx, dead, {}, 100); });
  ids.push_back(JobId(999));
  EXPECT_EQ(admin_.writing([&](Tx& tx) { return jobs::retry(tx, ids); }), 3) << "one was never there";
  EXPECT_EQ(test_.sql("SELECT count(*) FROM job WHERE job.state = 'ready'"), "1") << "they share a key";
  EXPECT_EQ(test_.sql("SELECT count(*) FROM job"), "3");
}

TEST_F(JobViews, what_has_ended_can_not_be_cancelled) {
  auto id = enqueue(1);
  end(claim(), Finished::How::done);
  EXPECT_THROW(admin_.write([&](Tx& tx) { jobs::cancel(tx, id); }), Failure);
}

}  // namespace
}  // namespace certfleet::store
