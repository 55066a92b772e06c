// Ends jobs in batches: one commit for many.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "lib/base/metrics.h"
#include "lib/pipeline/trace_writer.h"
#include "lib/store/job_store.h"

namespace certfleet::pipeline {

struct CompleterLimits {
  std::size_t batch_max = 2048;              // jobs of one commit
  std::chrono::milliseconds gather{10};      // how long a batch waits for more, if more are running
  std::chrono::milliseconds retry{200};      // after a failure of the database; doubles up to the next
  std::chrono::milliseconds retry_max{2000};
};

// Owns a thread and a store. A batch is tried until the database has answered: what becomes of it in the
// meantime, the fences decide.
class Completer {
 public:
  // What ended (accepted or stale, it is over for this worker), and which jobs became ready.
  using OnDone = std::function<void(const std::vector<store::Finished>& ended, std::vector<domain::JobRef> ready)>;

  // What follows a job (a mail with its traces, say) must find its traces stored: a batch waits for those that
  // were added before it, so that no slot has to. `still_running` tells how many jobs may yet be submitted; with
  // none, nothing waits. `on_done` hears of each batch, from the completer's thread.
  Completer(std::unique_ptr<store::JobStore> store, CompleterLimits limits, Metrics& metrics, TraceWriter& traces,
            std::function<std::size_t()> still_running, OnDone on_done);
  // Commits what was submitted, for as long as `last_wait`, then ends.
  ~Completer();

  void submit(store::Finished finished);  // from any thread

 private:
  void run(const std::stop_token& stop);
  std::vector<store::Finished> gather(const std::stop_token& stop);
  void complete(const std::vector<store::Finished>& batch, const std::stop_token& stop);
  void count_attempts(const std::vector<store::Finished>& batch);
  void count(const store::Completed& completed);

  std::unique_ptr<store::JobStore> store_;
  CompleterLimits limits_;
  Metrics& metrics_;
  TraceWriter& traces_;
  std::function<std::size_t()> still_running_;
  OnDone on_done_;
  std::mutex mutex_;  // guards queue_
  std::condition_variable_any arrived_;
  std::vector<store::Finished> queue_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace certfleet::pipeline
