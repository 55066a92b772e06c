// Schedulers in this process, on a real database.
#include "producers/scheduler.h"

#include <gtest/gtest.h>

#include <pqxx/pqxx>

#include "lib/bus/client.h"
#include "lib/store/batch_runs.h"
#include "lib/store/jobs.h"
#include "tests/support/database/database.h"
#include "tests/support/eventually.h"
#include "tests/support/test_daemon.h"

namespace certfleet::scheduler {
namespace {

using namespace std::chrono_literals;
using testing::eventually;

// A bus that keeps what it is offered.
class KeepingBus final : public bus::Bus {
 public:
  explicit KeepingBus(std::mutex& mutex, std::vector<domain::JobRef>& offered) : mutex_(mutex), offered_(offered) {}
  void set_room(std::size_t) override {}
  std::vector<domain::JobRef> offer(std::vector<domain::JobRef> refs) override {
    std::lock_guard lock(mutex_);
    offered_.insert(offered_.end(), refs.begin(), refs.end());
    return {};
  }
  bool room_to_offer(domain::Queue) const override { return true; }
  Events poll(std::chrono::milliseconds timeout, std::span<const int> fds) override {
    return waiting_.poll(timeout, fds);
  }
  std::size_t connected() const override { return 1; }
  void bye(std::string_view) override {}

 private:
  std::mutex& mutex_;
  std::vector<domain::JobRef>& offered_;
  SystemClock clock_;
  bus::Client waiting_{{.brokers = {{"tcp://127.0.0.1:1", bus::KeyPair::generate().public_key}},
                        .role = bus::Role::scheduler, .queue = {}, .site = {}, .offer_ahead = 1, .times = {}},
                       bus::KeyPair::generate(), clock_};
};

class SchedulerTest : public ::testing::Test {
 protected:
  struct Running {
    testing::TestDaemon daemon;
    std::mutex mutex;  // guards offered
    std::vector<domain::JobRef> offered;
    std::unique_ptr<Scheduler> scheduler;
    std::thread thread;

    std::size_t offers() {
      std::lock_guard lock(mutex);
      return offered.size();
    }
    bool leading() { return daemon.metrics().render().find("certfleet_scheduler_leading 1") != std::string::npos; }
    void stop() {
      if (!thread.joinable()) return;
      daemon.request_drain();
      thread.join();
    }
    ~Running() { stop(); }
  };

  std::unique_ptr<Running> start(std::vector<StartDue> due = {}) {
    auto running = std::make_unique<Running>();
    SchedulerSettings settings;
    settings.database = db.settings_as("certfleet_scheduler");
    settings.stand_by = 50ms;
    running->scheduler = std::make_unique<Scheduler>(
        settings, std::move(due), std::make_unique<KeepingBus>(running->mutex, running->offered), clock,
        running->daemon);
    running->thread = std::thread([r = running.get()] { r->scheduler->run(); });
    return running;
  }

  testing::TestDatabase db;
  store::Database database{db.settings()};
  SystemClock clock;
};

TEST_F(SchedulerTest, one_leads_and_another_takes_over) {
  auto first = start();
  ASSERT_TRUE(eventually(5s, [&] { return first->leading(); }));
  auto second = start();
  ASSERT_TRUE(eventually(5s, [&] { return second->daemon.is_ready(); }));
  EXPECT_FALSE(second->leading());
  auto shown = [&] { return db.sql("SELECT string_agg(leads::text, ' ' ORDER BY leads) FROM daemon"); };
  EXPECT_TRUE(eventually(5s, [&] { return shown() == "false true"; })) << shown();
  first->stop();
  EXPECT_TRUE(eventually(5s, [&] { return second->leading(); }));
  EXPECT_TRUE(eventually(5s, [&] { return shown() == "true"; })) << shown();
}

TEST_F(SchedulerTest, a_leader_whose_connection_is_cut_leads_again_or_leaves_it_to_another) {
  auto first = start();
  ASSERT_TRUE(eventually(5s, [&] { return first->leading(); }));
  db.sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database()"
         " AND usename = 'certfleet_scheduler'");
  database.write([](store::Tx& tx) { store::jobs::enqueue(tx, {.kind = "apply.run"}); });
  EXPECT_TRUE(eventually(10s, [&] { return first->offers() == 1; }));
}

TEST_F(SchedulerTest, what_the_database_refuses_of_one_duty_costs_neither_the_lead_nor_another_duty) {
  std::atomic<int> refused{0};
  auto scheduler = start({[&](store::Tx& tx, int) {
                            ++refused;
                            tx.raw().exec("SELECT 1 / 0");
                            return 0;
                          },
                          [](store::Tx& tx, int) {
                            return store::jobs::enqueue(tx, {.kind = "apply.run", .dedupe_key = "once"});
                          }});
  ASSERT_TRUE(eventually(5s, [&] { return scheduler->offers() >= 1; }));
  EXPECT_TRUE(eventually(5s, [&] { return refused >= 2; }));
  EXPECT_EQ(scheduler->daemon.metrics().render().find("certfleet_scheduler_leading 0"), std::string::npos);
  EXPECT_NE(scheduler->daemon.metrics().render().find("certfleet_scheduler_refused_total{duty=\"start_due\"}"),
            std::string::npos);
}

TEST_F(SchedulerTest, hears_of_a_persons_request_at_once) {
  auto scheduler = start();
  ASSERT_TRUE(eventually(5s, [&] { return scheduler->leading(); }));
  database.write([](store::Tx& tx) { store::jobs::enqueue_by_person(tx, {.kind = "apply.run", .subject = 3}); });
  ASSERT_TRUE(eventually(5s, [&] { return scheduler->offers() == 1; }));
  EXPECT_EQ(std::to_string(scheduler->offered.front().id.value()), db.sql("SELECT id FROM job"));
}

TEST_F(SchedulerTest, looks_when_it_is_told_that_there_is_something) {
  auto scheduler = start();
  ASSERT_TRUE(eventually(5s, [&] { return scheduler->leading(); }));
  database.write([](store::Tx& tx) { store::jobs::enqueue(tx, {.kind = "apply.run", .subject = 3}); });
  db.sql("SELECT pg_notify('certfleet_jobs', 'whatever a newer version says')");
  EXPECT_TRUE(eventually(5s, [&] { return scheduler->offers() == 1; }));
}

TEST_F(SchedulerTest, takes_back_the_jobs_of_a_lost_worker_and_offers_them) {
  database.write([](store::Tx& tx) { store::jobs::enqueue(tx, {.kind = "apply.run"}); });
  auto store = store::postgres_job_store(db.settings());
  auto session = store->open_session({domain::Queue::apply, SiteId(), "host", 1, 1}, 15s);
  ASSERT_EQ(store->claim_ready(session, domain::Queue::apply, SiteId(), 1).size(), 1u);
  db.sql("UPDATE session SET expires_at = now() - interval '2 seconds'");
  auto scheduler = start();
  EXPECT_TRUE(eventually(5s, [&] { return scheduler->offers() == 1; }));
  EXPECT_EQ(db.sql("SELECT count(*) FROM session"), "0");
}

TEST_F(SchedulerTest, offers_a_waiting_job_when_its_time_has_come) {
  database.write([](store::Tx& tx) { store::jobs::enqueue(tx, {.kind = "apply.run", .wait = 3600s}); });
  auto scheduler = start();
  ASSERT_TRUE(eventually(5s, [&] { return scheduler->leading(); }));
  EXPECT_EQ(scheduler->offers(), 0u);
  db.sql("UPDATE job SET run_at = now()");
  EXPECT_TRUE(eventually(5s, [&] { return scheduler->offers() == 1; }));
}

TEST_F(SchedulerTest, makes_a_batch_run_when_its_time_comes_and_offers_its_job) {
  db.sql("UPDATE schedule SET enabled = task = 'expiry-scan', due_at = now() + interval '1 second'");
  auto scheduler = start({store::batch_runs::make_due});
  auto other = start({store::batch_runs::make_due});
  EXPECT_TRUE(eventually(10s, [&] { return scheduler->offers() + other->offers() == 1; }));
  EXPECT_EQ(db.sql("SELECT ran_at >= ran_due_at AND ran_at < ran_due_at + interval '5 seconds' FROM schedule"
                   " WHERE task = 'expiry-scan'"),
            "t");
}

TEST_F(SchedulerTest, starts_what_is_due_in_its_own_transaction_and_offers_the_jobs) {
  std::atomic<bool> started{false};
  auto scheduler = start({[&](store::Tx& tx, int) {
    return started.exchange(true) ? 0 : store::jobs::enqueue(tx, {.kind = "apply.run"});
  }});
  EXPECT_TRUE(eventually(5s, [&] { return scheduler->offers() == 1; }));
}

}  // namespace
}  // namespace certfleet::scheduler
