// One life of the whole pipeline in one thread: scheduler, brokers, workers and sweeper with a fake clock,
// a fake network and a fake store. What decides is the code that runs in production; what surrounds it here
// loses, doubles and delays messages, kills and pauses processes, and leaves commits in doubt.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <string>
#include <vector>

#include "tests/simulation/ledger.h"
#include "tests/simulation/random.h"
#include "tests/support/memory_store/memory_store.h"

namespace certfleet::simulation {

using namespace std::chrono_literals;

struct Setting {
  int brokers = 2;
  int schedulers = 2;
  int workers = 4;  // of each of the two queues
  int jobs = 60;
  std::chrono::seconds trouble{90};   // then all faults stop
  std::chrono::seconds recovery{900};  // and by then everything must have ended
  double frame_lost = 0.05;
  double frame_doubled = 0.05;
  double commit_in_doubt = 0.02;
  double database_away = 0.02;
  double handler_retries = 0.1;
  double handler_crashes = 0.01;  // the process dies in the middle of a job
  double slow_jobs = 0.02;       // take up to a minute instead of up to 50 ms
  // The next process is killed, or frozen for up to a minute, at most so long after the last one.
  std::chrono::milliseconds break_every{8000};
  testing::Weakness weakness;
  std::chrono::seconds worker_clock_error{0};  // used only where the weakness lets workers tell the time
};

class Process;

class World {
 public:
  World(std::uint64_t seed, Setting setting);
  ~World();

  // Lives the life; what was found wrong, empty if nothing.
  std::vector<std::string> live();

  // For the processes.
  Instant now() const { return tables->now; }
  void at(Instant when, std::function<void()> what);
  bool trouble() const { return trouble_; }
  Process* broker(int index) { return brokers_[static_cast<std::size_t>(index)].get(); }
  Process* find(const std::string& name);
  // A store of this process: faulty on the outside, watched on the inside.
  std::unique_ptr<store::JobStore> open_store(const std::string& who);

  Setting setting;
  Random random;
  std::shared_ptr<testing::MemoryTables> tables;
  Ledger ledger;
  std::string leader;  // who holds the advisory lock

 private:
  struct Event {
    Instant at;
    std::uint64_t order;
    std::function<void()> what;
    bool operator>(const Event& other) const { return std::pair(at, order) > std::pair(other.at, other.order); }
  };

  void run_until(Instant until, const std::function<bool()>& done);
  void enqueue_some();
  void break_something();
  std::unique_ptr<Process> make(const std::string& name);
  std::unique_ptr<Process>& any_process();

  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::uint64_t order_ = 0;
  bool trouble_ = true;
  int enqueued_ = 0;
  std::vector<std::unique_ptr<Process>> brokers_;
  std::vector<std::unique_ptr<Process>> others_;
  std::vector<std::unique_ptr<Process>> graveyard_;  // events may still refer to the dead
};

}  // namespace certfleet::simulation
