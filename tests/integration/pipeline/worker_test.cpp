// A whole worker in this process, on a real database, with every broker dead: it claims directly, and hears of persons'
// jobs itself.
#include "lib/pipeline/worker.h"

#include <gtest/gtest.h>

#include <latch>

#include "lib/bus/client.h"
#include "lib/bus/poller.h"
#include "lib/store/jobs.h"
#include "tests/support/database/database.h"
#include "tests/support/eventually.h"
#include "tests/support/test_daemon.h"

namespace certfleet::pipeline {
namespace {

using namespace std::chrono_literals;
using testing::eventually;

// Does what the test says.
class Scripted final : public Handler {
 public:
  using Script = std::function<Outcome(const domain::Job&, Context&)>;
  Scripted(Script script, std::string kind, bool sees_cancelled)
      : script_(std::move(script)), kind_(std::move(kind)), sees_cancelled_(sees_cancelled) {}
  std::string_view kind() const override { return kind_; }
  Outcome run(const domain::Job& job, Context& context) override { return script_(job, context); }
  bool sees_cancelled() const override { return sees_cancelled_; }
  std::vector<Write> gave_up(const domain::Job& job, const Failure&) override {
    return {[id = job.subject](store::Tx& tx) {
      store::jobs::enqueue(tx, {.kind = "mail.send", .subject = id});
    }};
  }

 private:
  Script script_;
  std::string kind_;
  bool sees_cancelled_;
};

// Only tells of what it was to offer.
class OfferBus final : public bus::Bus {
 public:
  // While patient it waits for what is to be waited for, however long that takes, and counts these waits.
  struct Patience {
    std::atomic<bool> patient = false;
    std::atomic<int> waits = 0;
  };
  explicit OfferBus(std::function<void(const bus::JobRef&)> offered, Patience* patience = nullptr)
      : offered_(std::move(offered)), patience_(patience) {}
  void set_room(std::size_t) override {}
  std::vector<bus::JobRef> offer(std::vector<bus::JobRef> refs) override {
    for (const auto& ref : refs) offered_(ref);
    return {};
  }
  bool room_to_offer(bus::Queue) const override { return true; }
  Events poll(std::chrono::milliseconds timeout, std::span<const int> fds) override {
    bus::Poller poller;
    for (int fd : fds) poller.add_fd(fd);
    bool patient = timeout > 0ms && patience_ != nullptr && patience_->patient;
    if (patient) ++patience_->waits;
    poller.wait(patient ? 1h : timeout);
    return {};
  }
  std::size_t connected() const override { return 1; }
  void bye(std::string_view) override {}

 private:
  std::function<void(const bus::JobRef&)> offered_;
  Patience* patience_;
};

class WorkerTest : public ::testing::Test {
 protected:
  testing::TestDatabase db;
  store::Database database{db.settings()};
  SystemClock clock;
  std::chrono::milliseconds silence = 50ms;

  // A worker in a thread; drained and joined at its end.
  struct Running {
    testing::TestDaemon daemon;
    std::unique_ptr<Worker> worker;
    std::thread thread;

    bool tells(const std::string& metric) { return daemon.metrics().render().find(metric) != std::string::npos; }
    bool listens() { return tells("certfleet_worker_listening 1"); }
    void drain() {
      if (!thread.joinable()) return;
      daemon.request_drain();
      thread.join();
      worker.reset();
    }
    ~Running() { drain(); }
  };

  std::unique_ptr<Running> start(Scripted::Script script, int slots = 4, const std::string& kind = "apply.run",
                                 std::unique_ptr<bus::Bus> bus = nullptr, bool sees_cancelled = false) {
    auto running = std::make_unique<Running>();
    WorkerSettings settings;
    settings.database = db.settings();
    settings.queue = domain::Queue::apply;
    settings.limits.slots = slots;
    settings.limits.silence = silence;
    settings.limits.held_max = 200ms;
    settings.session.beat = 100ms;
    settings.session.retry = 50ms;
    settings.drain_limit = 0s;
    Handlers handlers;
    handlers.push_back(std::make_unique<Scripted>(std::move(script), kind, sees_cancelled));
    bus::Client::Settings client;
    client.brokers = {{"tcp://127.0.0.1:1", bus::KeyPair::generate().public_key}};
    client.queue = domain::Queue::apply;
    if (bus == nullptr) bus = std::make_unique<bus::Client>(client, bus::KeyPair::generate(), clock);
    running->worker = std::make_unique<Worker>(std::move(settings), std::move(handlers), std::move(bus), clock,
                                               running->daemon);
    running->thread = std::thread([r = running.get()] { r->worker->run(); });
    return running;
  }

  void enqueue(int count) {
    std::vector<domain::NewJob> jobs(static_cast<std::size_t>(count), {.kind = "apply.run", .subject = 1});
    database.write([&](store::Tx& tx) { store::jobs::enqueue(tx, jobs); });
  }
  std::string count(const std::string& of) { return db.sql("SELECT count(*) FROM " + of); }
};

TEST_F(WorkerTest, with_every_broker_dead_work_goes_on) {
  enqueue(300);
  auto worker = start([](const auto&, Context&) { return Outcome::done(); });
  EXPECT_TRUE(eventually(10s, [&] { return count("job_history WHERE outcome = 'done'") == "300"; }));
  EXPECT_EQ(count("job"), "0");
}

TEST_F(WorkerTest, traces_are_stored_while_the_job_runs) {
  enqueue(1);
  std::latch go_on(1);
  auto worker = start([&](const auto&, Context& context) {
    trace::Line line;
    line.module = "apply";
    line.id = 1801;
    line.args = {"a \"quoted\" argument"};
    context.trace(line);
    go_on.wait();
    return Outcome::done();
  });
  bool seen = eventually(5s, [&] { return count("trace WHERE code = 1801") == "1"; });
  go_on.count_down();
  EXPECT_TRUE(seen);
}

TEST_F(WorkerTest, what_a_handler_makes_ready_in_mid_run_is_offered_at_once) {
  enqueue(1);
  std::latch offered(1);
  std::latch go_on(1);
  auto worker = start(
      [&](const auto&, Context& context) {
        context.commit([](store::Tx& tx) { store::jobs::enqueue(tx, {.kind = "mail.send", .subject = 1}); });
        go_on.wait();
        return Outcome::done();
      },
      1, "apply.run", std::make_unique<OfferBus>([&](const bus::JobRef& ref) {
        if (ref.queue == domain::Queue::mail) offered.count_down();
      }));
  bool seen = eventually(5s, [&] { return offered.try_wait(); });
  go_on.count_down();
  EXPECT_TRUE(seen) << "a mail that an order has begun must not come after the one that it has ended";
}

TEST_F(WorkerTest, a_drain_hands_back_what_has_not_ended_and_counts_no_attempt) {
  enqueue(20);
  std::atomic<int> begun{0};
  auto worker = start([&](const auto&, Context& context) {
    ++begun;
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    stopped.wait(lock, context.stop(), [] { return false; });
    return Outcome::cancelled();
  });
  ASSERT_TRUE(eventually(5s, [&] { return begun == 4; }));
  worker->drain();
  EXPECT_EQ(count("job WHERE job.state = 'ready' AND attempts_failed = 0"), "20");
  EXPECT_EQ(count("session"), "0");
}

TEST_F(WorkerTest, what_was_claimed_ahead_is_handed_back_when_the_work_before_it_hangs) {
  enqueue(600);
  std::atomic<int> begun{0};
  std::latch go_on(1);
  auto worker = start(
      [&](const auto&, Context&) {
        if (++begun == 400) go_on.wait();
        return Outcome::done();
      },
      1);
  bool alone = eventually(10s, [&] { return begun == 400 && count("job WHERE job.state = 'running'") == "1"; });
  auto counted = count("job WHERE attempts_failed > 0 OR crashes > 0");
  go_on.count_down();
  EXPECT_TRUE(alone);
  EXPECT_EQ(counted, "0");
  EXPECT_TRUE(eventually(10s, [&] { return count("job_history WHERE outcome = 'done'") == "600"; }));
}

TEST_F(WorkerTest, a_worker_that_lost_its_session_stops_what_runs_and_opens_another) {
  enqueue(1);
  std::atomic<int> stopped_runs{0};
  std::atomic<bool> second{false};
  std::latch swept(1);  // until its job is taken back, the old attempt still holds it
  auto worker = start([&](const domain::Job& job, Context& context) {
    if (job.fence > Fence(1)) {
      second = true;
      return Outcome::done();
    }
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    stopped.wait(lock, context.stop(), [] { return false; });
    swept.wait();
    ++stopped_runs;
    EXPECT_THROW(context.commit([](store::Tx&) {}), Failure) << "its fence is old";
    return Outcome::done();
  });
  ASSERT_TRUE(eventually(5s, [&] { return count("job WHERE job.state = 'running'") == "1"; }));
  db.sql("UPDATE session SET expires_at = now() - interval '2 seconds'");
  store::postgres_job_store(db.settings())->sweep(10);
  swept.count_down();
  EXPECT_TRUE(eventually(5s, [&] { return stopped_runs == 1 && second; }));
  EXPECT_TRUE(eventually(5s, [&] { return count("job_history") == "1"; })) << "the stale end was not written";
  EXPECT_EQ(db.sql("SELECT fence FROM job_history"), "3");
}

TEST_F(WorkerTest, a_person_can_cancel_a_running_job) {
  enqueue(1);
  auto worker = start([&](const auto&, Context& context) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    stopped.wait(lock, context.stop(), [] { return false; });
    return Outcome::cancelled();
  });
  ASSERT_TRUE(eventually(5s, [&] { return count("job WHERE job.state = 'running'") == "1"; }));
  db.sql("UPDATE job SET cancel = true");
  EXPECT_TRUE(eventually(5s, [&] { return count("job_history WHERE outcome = 'cancelled'") == "1"; }));
  EXPECT_EQ(count("job WHERE kind = 'mail.send'"), "1") << "what the handler writes when it gives up";
}

TEST_F(WorkerTest, a_handler_that_sees_cancelled_jobs_puts_its_things_right_first) {
  enqueue(1);
  db.sql("UPDATE job SET cancel = true");
  std::atomic<int> runs = 0;
  std::atomic<bool> stopped = false;
  auto worker = start(
      [&](const domain::Job& job, Context& context) {
        EXPECT_TRUE(job.cancel);
        if (++runs > 1) return Outcome::cancelled();
        std::mutex mutex;
        std::condition_variable_any told;
        std::unique_lock lock(mutex);
        // For several heartbeats, each of which names the job as cancelled.
        stopped = told.wait_for(lock, context.stop(), 400ms, [&] { return context.stop().stop_requested(); });
        return Outcome::wait_for(0s);
      },
      1, "apply.run", nullptr, true);
  EXPECT_TRUE(eventually(5s, [&] { return count("job_history WHERE outcome = 'cancelled'") == "1"; }));
  EXPECT_EQ(runs, 2);
  EXPECT_FALSE(stopped) << "it began as cancelled: that is nothing new to it";
}

TEST_F(WorkerTest, a_job_of_a_newer_versions_kind_waits_for_a_newer_worker_and_holds_up_nobody) {
  db.sql("INSERT INTO job (queue, admitted, priority, attempts_max, kind, time_limit)"
         " SELECT 'apply', true, 4, 1, 'apply.newer', '1 minute' FROM generate_series(1, 20)");
  enqueue(20);
  auto older = start([](const auto&, Context&) { return Outcome::done(); });
  EXPECT_TRUE(eventually(10s, [&] { return count("job_history WHERE kind = 'apply.run'") == "20"; }));
  EXPECT_TRUE(eventually(10s, [&] { return count("job WHERE parked AND job.state = 'waiting'") == "20"; }));
  EXPECT_EQ(count("job WHERE attempts_failed = 0 AND crashes = 0 AND deliveries = 1 AND error IS NULL"), "20");
  EXPECT_EQ(count("trace"), "0");
  EXPECT_NE(older->daemon.metrics().render().find("certfleet_jobs_unknown_total{kind=\"apply.newer\"} 20"),
            std::string::npos);

  auto newer = start([](const auto&, Context&) { return Outcome::done(); }, 4, "apply.newer");
  ASSERT_TRUE(eventually(5s, [&] { return count("session") == "2"; }));
  EXPECT_EQ(store::postgres_job_store(db.settings())->promote_due(100).size(), 20U);
  EXPECT_TRUE(eventually(30s, [&] {
    store::postgres_job_store(db.settings())->promote_due(100);
    return count("job_history WHERE kind = 'apply.newer' AND outcome = 'done'") == "20";
  }));
}

TEST_F(WorkerTest, a_lost_connection_is_made_anew) {
  enqueue(50);
  std::atomic<int> runs{0};
  auto worker = start([&](const auto&, Context&) {
    ++runs;
    return Outcome::done();
  });
  ASSERT_TRUE(eventually(5s, [&] { return runs > 0; }));
  for (int i = 0; i < 5; ++i) {
    db.sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE 'test %'"
           " AND datname = current_database()");
    enqueue(20);
  }
  EXPECT_TRUE(eventually(15s, [&] { return count("job_history") == "150"; })) << count("job_history");
}

// Without an offer these find nothing: no broker, no scheduler, and no look of their own for hours.
class HearingWorkerTest : public WorkerTest {
 protected:
  HearingWorkerTest() { silence = 10h; }

  void start_by_person() {
    database.write([](store::Tx& tx) { store::jobs::enqueue_by_person(tx, {.kind = "apply.run", .subject = 1}); });
  }
  std::string listener() {
    return db.sql("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND granted"
                  " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");
  }
  bool done(int jobs) {
    return eventually(10s, [&] { return count("job_history WHERE outcome = 'done'") == std::to_string(jobs); });
  }
};

TEST_F(HearingWorkerTest, a_persons_job_runs_without_a_scheduler_and_a_broker) {
  OfferBus::Patience patience;
  auto worker = start([](const auto&, Context&) { return Outcome::done(); }, 4, "apply.run",
                      std::make_unique<OfferBus>([](const bus::JobRef&) {}, &patience));
  ASSERT_TRUE(eventually(5s, [&] { return worker->listens(); }));
  patience.patient = true;
  ASSERT_TRUE(eventually(5s, [&] { return patience.waits > 0; }));
  start_by_person();
  EXPECT_TRUE(done(1));
  EXPECT_TRUE(worker->tells("certfleet_claims_total{way=\"offered\"} 1"));
  EXPECT_FALSE(worker->tells("way=\"direct\""));
}

TEST_F(HearingWorkerTest, one_that_lost_its_connection_listens_again) {
  auto worker = start([](const auto&, Context&) { return Outcome::done(); });
  ASSERT_TRUE(eventually(5s, [&] { return worker->listens(); }));
  for (int jobs = 1; jobs <= 3; ++jobs) {
    auto before = listener();
    db.sql("SELECT pg_terminate_backend(" + before + ", 5000)");
    ASSERT_TRUE(eventually(5s, [&] { return !listener().empty() && worker->listens(); }));
    EXPECT_NE(listener(), before);
    start_by_person();
    EXPECT_TRUE(done(jobs));
  }
}

TEST_F(HearingWorkerTest, one_that_drains_leaves_the_listening_to_another_while_its_last_job_runs) {
  std::latch begun(1);
  std::latch go_on(1);
  auto first = start([&](const auto&, Context&) {
    begun.count_down();
    go_on.wait();
    return Outcome::done();
  });
  ASSERT_TRUE(eventually(5s, [&] { return first->listens(); }));
  start_by_person();
  bool runs = eventually(5s, [&] { return begun.try_wait(); });
  if (!runs) go_on.count_down();
  ASSERT_TRUE(runs);
  auto second = start([](const auto&, Context&) { return Outcome::done(); });
  ASSERT_TRUE(eventually(5s, [&] { return count("session") == "2"; }));
  EXPECT_FALSE(second->listens());
  first->daemon.request_drain();
  bool took_over = eventually(5s, [&] { return second->listens(); });
  EXPECT_FALSE(first->listens());
  start_by_person();
  bool ran = took_over && done(1);
  go_on.count_down();
  EXPECT_TRUE(ran);
  EXPECT_TRUE(done(2));
}

TEST_F(HearingWorkerTest, forged_notices_only_make_it_look_itself) {
  auto worker = start([](const auto&, Context&) { return Outcome::done(); });
  ASSERT_TRUE(eventually(5s, [&] { return worker->listens(); }));
  enqueue(10);
  db.sql("SELECT count(pg_notify('certfleet_jobs', n || ' apply 0 0 0')) FROM generate_series(1000, 20000) n");
  EXPECT_TRUE(done(10));
  EXPECT_TRUE(worker->tells("way=\"direct\""));
}

}  // namespace
}  // namespace certfleet::pipeline
