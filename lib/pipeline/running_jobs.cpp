#include "lib/pipeline/running_jobs.h"

#include "lib/base/error.h"

namespace certfleet::pipeline {

std::stop_token RunningJobs::started(const domain::Job& job) {
  std::lock_guard lock(mutex_);
  // After a lost session the same job may come back while its old attempt has not yet returned: the newer
  // one replaces it, the old one has been told to stop.
  auto& entry = entries_[job.id];
  entry = Entry{job.fence, {}, StopReason::none, job.cancel};
  return entry.stop.get_token();
}

StopReason RunningJobs::ended(const domain::Job& job) {
  std::lock_guard lock(mutex_);
  auto found = entries_.find(job.id);
  if (found == entries_.end() || found->second.fence != job.fence) return StopReason::session_lost;
  StopReason reason = found->second.reason;
  entries_.erase(found);
  return reason;
}

void RunningJobs::stop(JobId id, StopReason reason) {
  std::lock_guard lock(mutex_);
  auto found = entries_.find(id);
  if (found == entries_.end() || found->second.reason != StopReason::none) return;
  if (reason == StopReason::cancelled && found->second.cancelled) return;
  found->second.reason = reason;
  found->second.stop.request_stop();
}

void RunningJobs::stop_all(StopReason reason) {
  std::lock_guard lock(mutex_);
  for (auto& [id, entry] : entries_) {
    if (entry.reason != StopReason::none) continue;
    entry.reason = reason;
    entry.stop.request_stop();
  }
}

}  // namespace certfleet::pipeline
