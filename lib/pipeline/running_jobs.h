// The stop tokens of the jobs that are running in this process.
#pragma once

#include <mutex>
#include <stop_token>
#include <unordered_map>

#include "lib/domain/job.h"
#include "lib/pipeline/conclude.h"

namespace certfleet::pipeline {

// Safe from any thread.
class RunningJobs {
 public:
  // From now on the job can be told to stop. The token lives until ended() is called.
  std::stop_token started(const domain::Job& job);
  // Returns why it was told to stop, if it was.
  StopReason ended(const domain::Job& job);

  // A job that is not running is left alone, and so is one that began as cancelled and is cancelled again.
  void stop(JobId id, StopReason reason);
  void stop_all(StopReason reason);

 private:
  struct Entry {
    Fence fence;
    std::stop_source stop;
    StopReason reason = StopReason::none;
    bool cancelled = false;  // before it began: its handler knows
  };
  std::mutex mutex_;  // guards entries_
  std::unordered_map<JobId, Entry> entries_;
};

}  // namespace certfleet::pipeline
