// Keeps the one session of a worker process alive, on the database's clock.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "lib/pipeline/session_core.h"
#include "lib/store/job_store.h"

namespace certfleet::pipeline {

// Owns a thread and a store. When the session has lapsed, or may have because no renewal came through, it
// says so (`on_lost`: stop everything that runs), and opens another.
class SessionKeeper {
 public:
  struct Events {
    std::function<void()> on_lost;
    std::function<void(const std::vector<JobId>&)> on_cancelled;  // jobs that a person asked to cancel
    // The sealing keys that the process holds now, asked before every heartbeat; empty: it opens no boxes.
    std::function<std::vector<std::string>()> sealing_keys = {};
  };

  // The functions are called from the keeper's thread.
  SessionKeeper(std::unique_ptr<store::JobStore> store, store::SessionInfo info, SessionTimes times, Events events);
  // Ends the thread; the session row is closed if the database can be reached.
  ~SessionKeeper();

  // The live session, 0 while there is none. From any thread.
  SessionId current() const { return SessionId(current_.load()); }
  void drain() { draining_ = true; }

 private:
  void run(const std::stop_token& stop);
  void ask(SessionCore::Do what);
  void report_sealing_keys();

  std::unique_ptr<store::JobStore> store_;
  store::SessionInfo info_;
  SessionTimes times_;
  Events events_;
  std::atomic<std::int64_t> current_{0};
  std::atomic<bool> draining_{false};
  SessionCore core_;  // the keeper's thread only
  std::mutex mutex_;
  std::condition_variable_any waiting_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace certfleet::pipeline
