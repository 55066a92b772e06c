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

// Owns two threads and a store. When the session has lapsed, or may have because no renewal came through, it
// says so (`on_lost`: stop everything that runs), and opens another. It says so in time also while a renewal is
// still unanswered: one thread asks, the other watches the time.
class SessionKeeper {
 public:
  struct Events {
    std::function<void()> on_lost;
    std::function<void(const std::vector<JobId>&)> on_cancelled;  // jobs that a person asked to cancel
    // The sealing keys that the process holds now, asked before every heartbeat; empty: it opens no boxes.
    std::function<std::vector<std::string>()> sealing_keys = {};
  };

  // The functions are called from the keeper's threads.
  SessionKeeper(std::unique_ptr<store::JobStore> store, store::SessionInfo info, SessionTimes times, Events events);
  // Ends the thread; the session row is closed if the database can be reached.
  ~SessionKeeper();

  // The live session, 0 while there is none. From any thread.
  SessionId current() const;
  // True while that session surely lives in the database, so that nobody else can have its jobs. From any thread.
  bool sure(SessionId session) const;
  // The session says so from now on, soon: who sweeps it counts no crash for its jobs. From any thread.
  void drain();

 private:
  void run(const std::stop_token& stop);
  void watch(const std::stop_token& stop);
  void ask(SessionCore::Do what);
  void publish(SessionId before);
  void lost(SessionId session);
  void report_sealing_keys();

  std::unique_ptr<store::JobStore> store_;
  store::SessionInfo info_;
  SessionTimes times_;
  Events events_;
  std::atomic<bool> draining_{false};
  SessionCore core_;  // the asking thread only
  mutable std::mutex mutex_;  // guards the next two
  SessionId current_;
  Instant sure_until_{};
  std::condition_variable_any waiting_;  // of the asking thread
  std::condition_variable_any changed_;  // of the watching thread
  std::jthread thread_;                  // these two last: they use all of the above
  std::jthread watch_;
};

}  // namespace certfleet::pipeline
