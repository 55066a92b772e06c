// Where claims without an offer begin (sql/functions/fronts.sql): workers that know nothing of each other.
#include <gtest/gtest.h>

#include "lib/store/job_store.h"
#include "lib/store/jobs.h"
#include "tests/support/database/database.h"

namespace certfleet::store {
namespace {

using namespace std::chrono_literals;
using domain::Queue;

class FrontsTest : public ::testing::Test {
 protected:
  struct Worker {
    explicit Worker(const testing::TestDatabase& db)
        : store(postgres_job_store(db.settings())),
          session(store->open_session({Queue::apply, SiteId(), "host", 1, 4}, 60s)) {}
    // The ids of a claim of so many.
    std::vector<std::int64_t> claim(int jobs_max) {
      std::vector<std::int64_t> ids;
      for (const auto& job : store->claim_ready(session, Queue::apply, SiteId(), jobs_max))
        ids.push_back(job.id.value());
      return ids;
    }
    std::unique_ptr<JobStore> store;
    SessionId session;
  };

  // One after another from `first` on, all of one lane.
  void enqueue(std::int64_t first, int count, int priority = 2) {
    db.sql("INSERT INTO job (id, queue, admitted, kind, priority, attempts_max, time_limit) OVERRIDING SYSTEM VALUE"
           " SELECT " + std::to_string(first) + " + n, 'apply', true, 'apply.run', " + std::to_string(priority) +
           ", 4, '1 min' FROM generate_series(0, " + std::to_string(count - 1) + ") AS n");
  }
  void make_ready(std::int64_t first, std::int64_t last) {
    db.sql("UPDATE job SET session_id = NULL WHERE id BETWEEN " + std::to_string(first) + " AND " +
           std::to_string(last));
  }
  // "id last" of fronts.sql.
  std::string front() { return db.sql("SELECT id || ' ' || last FROM front_now('apply')"); }
  static std::vector<std::int64_t> ids(std::int64_t first, std::int64_t last) {
    std::vector<std::int64_t> ids;
    for (auto id = first; id <= last; ++id) ids.push_back(id);
    return ids;
  }

  testing::TestDatabase db;
  Worker a{db};
  Worker b{db};
};

TEST_F(FrontsTest, a_claim_moves_the_front_and_the_next_worker_begins_there) {
  enqueue(1, 400);
  EXPECT_EQ(a.claim(100), ids(1, 100));
  EXPECT_EQ(front(), "100 100");
  make_ready(50, 50);
  EXPECT_EQ(b.claim(100), ids(101, 200)) << "who begins relies on the front";
  EXPECT_EQ(front(), "200 200");
}

TEST_F(FrontsTest, what_was_put_back_is_found_when_the_front_has_too_little) {
  enqueue(1, 150);
  a.claim(100);
  make_ready(7, 8);
  EXPECT_EQ(b.claim(100), ids(101, 150));
  EXPECT_EQ(front(), "150 150") << "a short claim has seen the end";
  EXPECT_EQ(b.claim(100), ids(7, 8));
  EXPECT_EQ(front(), "8 8");
}

TEST_F(FrontsTest, a_worker_finds_at_once_what_alone_was_put_back) {
  enqueue(1, 100);
  a.claim(100);
  make_ready(7, 8);
  EXPECT_EQ(b.claim(4), ids(7, 8));
}

TEST_F(FrontsTest, a_claim_begins_behind_what_another_one_is_taking) {
  enqueue(1, 400);
  a.claim(100);
  db.sql("SELECT set_front('apply', 100, 200)");
  EXPECT_EQ(b.claim(100), ids(201, 300));
  EXPECT_EQ(front(), "300 300");
}

TEST_F(FrontsTest, a_claim_announces_what_it_takes_from_the_fronts_lane) {
  enqueue(1, 400);
  a.claim(100);
  // The part of a claim that takes jobs, before it moves the front.
  auto take = [&](int jobs_max) {
    db.sql("SELECT ready_of_priority('apply', 2::smallint, NULL, " + std::to_string(jobs_max) +
           ", 0, 0, true, 0, 0, 101, 0, 0, 100)");
  };
  take(63);
  EXPECT_EQ(front(), "100 100") << "few are not worth it";
  take(64);
  EXPECT_EQ(front(), "100 164");
}

TEST_F(FrontsTest, a_full_claim_that_others_are_ahead_of_leaves_the_front_there) {
  enqueue(1, 400);
  a.claim(100);
  // What a worker's claim does when it began at the front of 100, and others came to 300 meanwhile.
  db.sql("SELECT set_front('apply', 300, 350)");
  db.sql("SELECT move_front('apply', (SELECT array_agg(ctid ORDER BY id) FROM job WHERE id BETWEEN 101 AND 200), true,"
         " true, 2::smallint, 0, 0, 100)");
  EXPECT_EQ(front(), "300 350");
  // And when they had only announced it.
  db.sql("SELECT set_front('apply', 100, 300)");
  db.sql("SELECT move_front('apply', (SELECT array_agg(ctid ORDER BY id) FROM job WHERE id BETWEEN 101 AND 200), true,"
         " true, 2::smallint, 0, 0, 100)");
  EXPECT_EQ(front(), "200 300");
  // And when somebody has found enough behind it.
  db.sql("SELECT set_front('apply', 50, 50)");
  db.sql("SELECT move_front('apply', (SELECT array_agg(ctid ORDER BY id) FROM job WHERE id BETWEEN 101 AND 200), true,"
         " true, 2::smallint, 0, 0, 100)");
  EXPECT_EQ(front(), "50 50");
}

TEST_F(FrontsTest, a_claim_that_finds_nothing_takes_back_what_was_announced) {
  enqueue(1, 100);
  a.claim(100);
  db.sql("SELECT set_front('apply', 100, 200)");
  EXPECT_TRUE(b.claim(100).empty());
  EXPECT_EQ(front(), "100 100");
  enqueue(101, 50);
  EXPECT_EQ(b.claim(100), ids(101, 150));
}

TEST_F(FrontsTest, of_a_job_that_nobody_knows_is_none) {
  enqueue(1, 200);
  db.sql("SELECT set_front('apply', 5000, 5000)");
  EXPECT_EQ(a.claim(100), ids(1, 100));
  EXPECT_EQ(front(), "100 100");
}

TEST_F(FrontsTest, of_an_ended_job_stays_and_holds_up_no_other_lane) {
  enqueue(1, 100);
  db.sql("INSERT INTO session (queue, host, pid, slots, expires_at) VALUES ('apply', 'h', 1, 1, now())");
  for (const auto& job : a.store->claim_ready(a.session, Queue::apply, SiteId(), 100)) {
    Finished end;
    end.id = job.id;
    end.fence = job.fence;
    end.kind = job.kind;
    a.store->complete({end});
  }
  enqueue(201, 100, 1);
  enqueue(301, 100, 3);
  enqueue(101, 100);
  EXPECT_EQ(db.sql("SELECT priority || ' ' || id FROM front_of('apply')"), "2 100");
  auto claimed = b.claim(250);
  EXPECT_EQ(claimed, [] {
    auto all = ids(201, 300);
    for (auto id : ids(101, 200)) all.push_back(id);
    for (auto id : ids(301, 350)) all.push_back(id);
    return all;
  }());
  EXPECT_EQ(front(), "350 350");
}

TEST_F(FrontsTest, is_the_queues_own) {
  enqueue(1, 100);
  a.claim(100);
  EXPECT_EQ(db.sql("SELECT coalesce(id::text, 'none') FROM front_of('mail')"), "none");
}

}  // namespace
}  // namespace certfleet::store
