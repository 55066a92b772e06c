// Stores traces as they happen, from a thread of its own, so that no job waits for them.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/metrics.h"
#include "lib/store/traces.h"

namespace certfleet::pipeline {

class TraceWriter {
 public:
  TraceWriter(store::DatabaseSettings settings, Metrics& metrics);
  // Stores what is queued if the database can be reached, then ends.
  ~TraceWriter();

  void add(store::traces::Stored trace);  // from any thread; never blocks on the database

  // Waits until all that was added before is stored, or the deadline; false if it is not.
  bool flush(Deadline deadline);

 private:
  void run(const std::stop_token& stop);
  bool store(const std::vector<store::traces::Stored>& batch);

  store::Database database_;
  Metrics& metrics_;
  std::mutex mutex_;  // guards the next three
  std::vector<store::traces::Stored> queue_;
  std::uint64_t added_ = 0;
  std::uint64_t stored_ = 0;
  std::condition_variable_any changed_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace certfleet::pipeline
