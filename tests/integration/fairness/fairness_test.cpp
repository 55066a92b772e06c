// 100,000 jobs of one service wait, and one of another: a database, a broker, a scheduler and a worker, each the
// real one, in this process.
#include <gtest/gtest.h>

#include <iostream>
#include <semaphore>

#include "lib/pipeline/worker.h"
#include "lib/store/jobs.h"
#include "producers/scheduler.h"
#include "tests/integration/bus/broker_house.h"
#include "tests/support/database/database.h"
#include "tests/support/eventually.h"

namespace certfleet {
namespace {

using namespace std::chrono_literals;
using testing::eventually;

constexpr int backlog = 100'000;
constexpr auto soon = 30s;
const ServiceId many(71), few(72);

class Scripted final : public pipeline::Handler {
 public:
  using Script = std::function<void(const domain::Job&, pipeline::Context&)>;
  explicit Scripted(Script script) : script_(std::move(script)) {}
  std::string_view kind() const override { return "apply.run"; }
  pipeline::Outcome run(const domain::Job& job, pipeline::Context& context) override {
    script_(job, context);
    return pipeline::Outcome::done();
  }
  std::vector<pipeline::Write> gave_up(const domain::Job&, const Failure&) override { return {}; }

 private:
  Script script_;
};

// Something that runs in a thread until its daemon drains.
template <class T>
struct Running {
  testing::TestDaemon daemon;
  std::unique_ptr<T> it;
  std::thread thread;

  void start() {
    thread = std::thread([this] { it->run(); });
  }
  ~Running() {
    daemon.request_drain();
    if (thread.joinable()) thread.join();
  }
};

class Fairness : public ::testing::Test {
 protected:
  Fairness() {
    roll_.enroll(scheduler_keys_.public_key, PeerId(1), bus::Role::scheduler, std::nullopt);
    roll_.enroll(worker_keys_.public_key, PeerId(2), bus::Role::worker, domain::Queue::apply);
  }

  void start_broker() {
    broker_ = std::make_unique<broker::RunningBroker>(roll_, broker_keys_);
    endpoint_ = broker_->endpoint();
  }
  std::unique_ptr<bus::Client> client(const bus::KeyPair& keys, bus::Role role) {
    bus::Client::Settings settings;
    settings.brokers = {{endpoint_, broker_keys_.public_key}};
    settings.role = role;
    if (role == bus::Role::worker) settings.queue = domain::Queue::apply;
    bus::KeyPair own{keys.public_key, bus::SecretKey(keys.secret_key.bytes())};
    return std::make_unique<bus::Client>(std::move(settings), std::move(own), clock_);
  }
  void start_scheduler() {
    scheduler::SchedulerSettings settings;
    settings.database = db_.settings();
    scheduler_.it = std::make_unique<scheduler::Scheduler>(settings, std::vector<scheduler::StartDue>(),
                                                           client(scheduler_keys_, bus::Role::scheduler), clock_,
                                                           scheduler_.daemon);
    scheduler_.start();
    ASSERT_TRUE(eventually(soon, [&] {
      return scheduler_.daemon.metrics().render().find("certfleet_scheduler_leading 1") != std::string::npos;
    }));
  }
  void start_worker(Scripted::Script script, int slots) {
    pipeline::WorkerSettings settings;
    settings.database = db_.settings();
    settings.queue = domain::Queue::apply;
    settings.limits.slots = slots;
    settings.drain_limit = 0s;
    pipeline::Handlers handlers;
    handlers.push_back(std::make_unique<Scripted>(std::move(script)));
    worker_.it = std::make_unique<pipeline::Worker>(std::move(settings), std::move(handlers),
                                                    client(worker_keys_, bus::Role::worker), clock_, worker_.daemon);
    worker_.start();
  }

  void enqueue_backlog() {
    db_.sql("INSERT INTO job (queue, admitted, priority, attempts_max, service_id, kind, time_limit)"
            " SELECT 'apply', true, 4, 3, 71, 'apply.run', interval '5 minutes' FROM generate_series(1, " +
            std::to_string(backlog) + ") RETURNING 1");
  }
  // Of the same urgency as the backlog.
  void enqueue_single() {
    database_.write([](store::Tx& tx) {
      store::jobs::enqueue_by_person(tx, {.kind = "apply.run", .service = few, .priority = domain::Priority::machine});
    });
  }

  testing::TestDatabase db_;
  store::Database database_{db_.settings()};
  SystemClock clock_;
  broker::Roll roll_;
  bus::KeyPair broker_keys_ = bus::KeyPair::generate();
  bus::KeyPair scheduler_keys_ = bus::KeyPair::generate();
  bus::KeyPair worker_keys_ = bus::KeyPair::generate();
  std::string endpoint_ = "tcp://127.0.0.1:1";
  std::unique_ptr<broker::RunningBroker> broker_;
  Running<scheduler::Scheduler> scheduler_;
  Running<pipeline::Worker> worker_;
};

// Jobs end when the test lets them, one at a time, so that what was started before the single job can be counted.
class Counted : public Fairness {
 protected:
  ~Counted() override { permits_.release(backlog); }

  void start_gated_worker() {
    start_worker(
        [this](const domain::Job& job, pipeline::Context&) {
          ++started_;
          if (job.service == few) single_started_ = true;
          permits_.acquire();
        },
        2);
  }
  void let_one_end() {
    int before = started_;
    permits_.release();
    ASSERT_TRUE(eventually(soon, [&] { return started_ > before; }));
  }
  int started_until_single() {
    int count = 0;
    while (!single_started_ && count < 200 && !HasFatalFailure()) {
      let_one_end();
      ++count;
    }
    return count;
  }

  std::atomic<int> started_{0};
  std::atomic<bool> single_started_{false};
  std::counting_semaphore<> permits_{0};
};

TEST_F(Counted, by_offers_a_single_job_waits_for_a_handful_of_the_many) {
  enqueue_backlog();
  start_broker();
  start_scheduler();
  start_gated_worker();
  for (int i = 0; i < 50; ++i) let_one_end();
  enqueue_single();
  int waited_for = started_until_single();
  std::cout << "started before the single job, of " << backlog << " that waited: " << waited_for << "\n";
  EXPECT_LE(waited_for, 40);
}

TEST_F(Counted, with_every_broker_dead_a_single_job_waits_for_a_handful_of_the_many) {
  enqueue_backlog();
  start_gated_worker();
  for (int i = 0; i < 50; ++i) let_one_end();
  enqueue_single();
  int waited_for = started_until_single();
  std::cout << "started before the single job, of " << backlog << " that waited: " << waited_for << "\n";
  EXPECT_LE(waited_for, 40);
}

// Told, not asserted: time belongs to the machine.
TEST_F(Fairness, latency_of_a_single_job_with_and_without_many_that_wait) {
  using Milliseconds = std::chrono::duration<double, std::milli>;
  constexpr auto work = 50ms;
  constexpr int singles = 15;
  std::mutex mutex;  // guards ended
  std::vector<Instant> ended;
  start_broker();
  start_scheduler();
  start_worker(
      [&](const domain::Job& job, pipeline::Context& context) {
        std::mutex own;
        std::condition_variable_any stopped;
        std::unique_lock lock(own);
        stopped.wait_for(lock, context.stop(), work, [] { return false; });
        if (job.service != few) return;
        std::lock_guard guard(mutex);
        ended.push_back(clock_.now());
      },
      4);
  auto median = [&] {
    std::vector<double> latencies;
    for (int i = 0; i < singles; ++i) {
      { std::lock_guard guard(mutex); ended.clear(); }
      enqueue_single();
      auto committed = clock_.now();
      EXPECT_TRUE(eventually(soon, [&] { std::lock_guard guard(mutex); return !ended.empty(); }));
      std::lock_guard guard(mutex);
      latencies.push_back(ended.empty() ? 0 : Milliseconds(ended.front() - committed).count());
    }
    std::nth_element(latencies.begin(), latencies.begin() + singles / 2, latencies.end());
    return latencies[singles / 2];
  };
  double alone = median();
  enqueue_backlog();
  ASSERT_TRUE(eventually(soon, [&] { return db_.sql("SELECT count(*) > 20 FROM job_history") == "t"; }));
  double behind = median();
  std::cout << "latency of a job of " << work.count() << " ms, median of " << singles << ": alone " << alone
            << " ms, with " << backlog << " of another service waiting " << behind << " ms\n";
  RecordProperty("alone_ms", std::to_string(alone));
  RecordProperty("behind_ms", std::to_string(behind));
}

}  // namespace
}  // namespace certfleet
