// The slots of a worker: threads that take claimed jobs and run their handlers.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "lib/base/metrics.h"
#include "lib/bus/sparing.h"
#include "lib/pipeline/completer.h"
#include "lib/pipeline/handler.h"
#include "lib/pipeline/held_jobs.h"
#include "lib/pipeline/running_jobs.h"
#include "lib/pipeline/trace_writer.h"

namespace certfleet::pipeline {

using Handlers = std::vector<std::unique_ptr<Handler>>;

class JobRunner {
 public:
  struct Parts {
    const Handlers& handlers;
    RunningJobs& running;
    TraceWriter& traces;
    Completer& completer;
    Metrics& metrics;
    store::DatabaseSettings database;
    // True while the session of a claim surely lives (SessionKeeper::sure).
    std::function<bool(SessionId)> sure;
    // Told of what a handler's own commits made ready; from any thread.
    std::function<void(std::vector<domain::JobRef>)> became_ready;
  };
  JobRunner(Parts parts, int slots);
  // Waits for the handlers that run; jobs that have not begun must have been taken by hand_back() before.
  ~JobRunner();

  // From any thread. `since`: when their claim was asked for.
  void add(std::vector<domain::Job> jobs, Instant since);
  // Takes the jobs that have not begun; with a time, those of claims that were asked for before it.
  std::vector<domain::Job> hand_back();
  std::vector<domain::Job> hand_back(Instant claimed_before);

 private:
  void run(const std::stop_token& stop, int slot);
  void attempt(const domain::Job& job, store::JobStore& store);
  void park(const domain::Job& job);
  Handler* handler_of(const std::string& kind) const;

  Parts parts_;
  std::mutex mutex_;  // guards held_ and unknown_
  std::condition_variable_any arrived_;
  HeldJobs held_;
  bus::Sparing unknown_;  // lines about kinds without a handler
  std::vector<std::jthread> slots_;  // last: they use all of the above
};

}  // namespace certfleet::pipeline
