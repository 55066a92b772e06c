// The scheduler: one leads, others stand by; nothing depends for its correctness on there being only one.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/daemon.h"
#include "lib/base/pace.h"
#include "lib/bus/bus.h"
#include "lib/bus/sparing.h"
#include "lib/store/daemons.h"
#include "lib/store/job_store.h"
#include "producers/relay.h"
#include "producers/timetable.h"

namespace certfleet::scheduler {

// Starts what is due, at most `count` of it, in the transaction it is given; returns how many it started.
using StartDue = std::function<int(store::Tx&, int count)>;

struct SchedulerSettings {
  store::DatabaseSettings database;
  RelayLimits relay;
  std::chrono::milliseconds stand_by{1000};  // between two tries to take the lead
};

// One thread does everything: what a duty costs is bounded by its batch.
class Scheduler {
 public:
  Scheduler(SchedulerSettings settings, std::vector<StartDue> due, std::unique_ptr<bus::Bus> bus, const Clock& clock,
            Daemon& daemon);
  void run();  // until the daemon drains

 private:
  void turn();
  void try_to_lead();
  void lead();
  void step_down(const char* why);
  void hear();
  // What the database refuses ends this once and nothing else; throws when the database is away.
  void attempt(const char* what, const std::function<void()>& work);
  void perform(Duty duty);
  void start_due();
  void sweep();
  void offer(std::vector<domain::JobRef> refs);
  void look();

  SchedulerSettings settings_;
  std::vector<StartDue> due_;
  std::unique_ptr<bus::Bus> bus_;
  const Clock& clock_;
  Daemon& daemon_;
  store::Database leadership_;  // holds the advisory lock and LISTENs; losing it is losing the lead
  store::Database work_;
  std::unique_ptr<store::JobStore> jobs_;
  store::daemons::Presence presence_;
  bool leading_ = false;
  Instant tried_{};
  Instant checked_{};
  Relay relay_;
  std::array<Pace, domain::all_queues.size()> looks_;
  Timetable timetable_;
  bus::Sparing refused_;  // lines about duties that the database refuses
};

}  // namespace certfleet::scheduler
