// Of all stores for a queue and site one hears of persons' jobs.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/error.h"
#include "lib/store/job_store.h"
#include "lib/store/jobs.h"
#include "tests/support/database/database.h"
#include "tests/support/eventually.h"

namespace certfleet::store {
namespace {

using namespace std::chrono_literals;
using domain::Queue;
using testing::eventually;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ListenTest : public ::testing::Test {
 protected:
  testing::TestDatabase db;
  Database database{db.settings()};
  std::unique_ptr<JobStore> store = open();

  std::unique_ptr<JobStore> open(const std::string& role = "certfleet_apply") {
    return postgres_job_store(db.settings_as(role));
  }
  void notify(const std::string& notice) {
    db.sql(fmt::format("SELECT pg_notify('{}', '{}')", jobs::channel, notice));
  }
  void notify(std::int64_t id, Queue queue, SiteId site) {
    notify(jobs::notice_of({JobId(id), queue, site, ServiceId(), 0}));
  }
  // All that `listener` hears until it has heard of this job.
  static std::vector<std::int64_t> heard_until(JobStore& listener, std::int64_t last) {
    std::vector<std::int64_t> ids;
    eventually(5s, [&] {
      for (const auto& ref : listener.heard()) ids.push_back(ref.id.value());
      return !ids.empty() && ids.back() == last;
    });
    return ids;
  }
  std::string locks() {
    return db.sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
                  " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");
  }
};

TEST_F(ListenTest, a_persons_job_is_heard_of_by_the_one_that_listens_and_can_be_claimed) {
  auto other = open();
  ASSERT_TRUE(store->listen(Queue::apply, SiteId()));
  EXPECT_FALSE(other->listen(Queue::apply, SiteId()));
  EXPECT_EQ(other->socket(), -1);
  EXPECT_GE(store->socket(), 0);
  auto refs = database.writing([](Tx& tx) {
    jobs::enqueue_by_person(tx, {.kind = "apply.run", .subject = 3});
    return tx.ready_jobs();
  });
  ASSERT_EQ(refs.size(), 1U);
  EXPECT_THAT(heard_until(*store, refs[0].id.value()), ElementsAre(refs[0].id.value()));
  EXPECT_THAT(other->heard(), IsEmpty());
  auto session = store->open_session({Queue::apply, SiteId(), "host", 1, 4}, 15s);
  EXPECT_EQ(store->claim_offered(session, Queue::apply, {refs[0].id}).size(), 1U);
}

TEST_F(ListenTest, when_the_one_that_listens_goes_another_one_may) {
  auto other = open();
  ASSERT_TRUE(store->listen(Queue::apply, SiteId()));
  ASSERT_FALSE(other->listen(Queue::apply, SiteId()));
  store.reset();
  EXPECT_TRUE(eventually(5s, [&] { return other->listen(Queue::apply, SiteId()); }));
  notify(1, Queue::apply, SiteId());
  EXPECT_THAT(heard_until(*other, 1), ElementsAre(1));
}

TEST_F(ListenTest, asked_again_it_still_listens_with_one_lock_and_hears_once) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(store->listen(Queue::apply, SiteId()));
  EXPECT_EQ(locks(), "1");
  notify(1, Queue::apply, SiteId());
  notify(2, Queue::apply, SiteId());
  EXPECT_THAT(heard_until(*store, 2), ElementsAre(1, 2));
}

TEST_F(ListenTest, each_queue_and_site_has_one_that_hears_what_its_workers_may_take) {
  auto of_site = open();
  auto of_mail = open("certfleet_mail");
  ASSERT_TRUE(store->listen(Queue::apply, SiteId()));
  ASSERT_TRUE(of_site->listen(Queue::apply, SiteId(7)));
  ASSERT_TRUE(of_mail->listen(Queue::mail, SiteId()));
  notify(1, Queue::apply, SiteId());
  notify(2, Queue::apply, SiteId(7));
  notify(3, Queue::apply, SiteId(8));
  notify(4, Queue::mail, SiteId(8));
  notify(5, Queue::apply, SiteId());
  notify(6, Queue::mail, SiteId());
  EXPECT_THAT(heard_until(*store, 5), ElementsAre(1, 2, 3, 5));
  EXPECT_THAT(heard_until(*of_site, 5), ElementsAre(1, 2, 5));
  EXPECT_THAT(heard_until(*of_mail, 6), ElementsAre(4, 6));
}

TEST_F(ListenTest, whoever_leads_or_migrates_is_in_nobodys_way) {
  Database leader(db.settings());
  for (std::int64_t lock : {0x6c656164, 0x63657274, 0x65617202})  // the last as a single number
    ASSERT_TRUE(leader.try_advisory_lock(lock));
  EXPECT_TRUE(store->listen(Queue::apply, SiteId()));
}

TEST_F(ListenTest, what_is_no_notice_of_a_job_is_not_heard) {
  ASSERT_TRUE(store->listen(Queue::apply, SiteId()));
  for (const char* notice : {"", "what a newer version says", "-1 apply 0 0 0", "1 post 0 0 0", "1 apply 0 0 0 more"})
    notify(notice);
  notify(9, Queue::apply, SiteId());
  EXPECT_THAT(heard_until(*store, 9), ElementsAre(9));
}

TEST_F(ListenTest, what_comes_along_with_other_answers_is_heard) {
  ASSERT_TRUE(store->listen(Queue::apply, SiteId()));
  auto session = store->open_session({Queue::apply, SiteId(), "host", 1, 4}, 15s);
  std::vector<domain::JobRef> refs;
  EXPECT_TRUE(eventually(5s, [&] {
    notify(1, Queue::apply, SiteId());
    store->claim_ready(session, Queue::apply, SiteId(), 1);
    refs = store->heard();
    return !refs.empty();
  }));
}

TEST_F(ListenTest, one_whose_connection_is_lost_says_so_once_and_may_listen_again) {
  ASSERT_TRUE(store->listen(Queue::apply, SiteId()));
  db.sql("SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE datname = current_database()"
         " AND usename = 'certfleet_apply'");
  EXPECT_THROW(
      {
        while (store->socket() >= 0) store->heard();
      },
      Failure);
  EXPECT_EQ(store->socket(), -1);
  EXPECT_THAT(store->heard(), IsEmpty());
  ASSERT_TRUE(store->listen(Queue::apply, SiteId()));
  notify(1, Queue::apply, SiteId());
  EXPECT_THAT(heard_until(*store, 1), ElementsAre(1));
}

TEST_F(ListenTest, one_that_has_connected_anew_meanwhile_listens_only_when_asked) {
  ASSERT_TRUE(store->listen(Queue::apply, SiteId()));
  db.sql("SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE datname = current_database()"
         " AND usename = 'certfleet_apply'");
  EXPECT_THROW(store->read([](Tx&) {}), Failure);
  store->read([](Tx&) {});
  EXPECT_EQ(store->socket(), -1);
  EXPECT_TRUE(open()->listen(Queue::apply, SiteId())) << "the lock went with the connection";
  EXPECT_TRUE(eventually(5s, [&] { return store->listen(Queue::apply, SiteId()); }));
}

}  // namespace
}  // namespace certfleet::store
