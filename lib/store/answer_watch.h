// Deadlines for answers of the database. libpq waits for one as long as it takes: the server's own limit
// (statement_timeout) helps against slow statements, the kernel's (tcp_user_timeout) against a link that acknowledges
// nothing. Against a proxy or a frozen server, which takes every question and is silent, there is this.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "lib/base/clock.h"

namespace certfleet::store {

// Owns a thread, which ends a connection's link when its answer has not come in time; libpq then finds it closed, as
// if the server had done it. Safe from any thread.
class AnswerWatch {
 public:
  AnswerWatch();
  // That of the process, made at the first use: all connections share one thread, whoever owns them.
  static AnswerWatch& of_process();

  // The link of one connection; for the thread that has the connection. Lives no longer than the watch.
  class Line {
   public:
    // `socket` stays the caller's: this keeps a descriptor of its own, so that whatever becomes of that number, no
    // other link is ever ended.
    Line(AnswerWatch& watch, int socket);
    ~Line();
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;

    // A question goes out now; what was said before is forgotten.
    void expect_within(std::chrono::milliseconds limit);
    void at_rest();
    bool cut() const;

   private:
    friend class AnswerWatch;
    AnswerWatch& watch_;
    int socket_;
    Instant until_ = Instant::max();  // this and the next under the watch's mutex
    bool cut_ = false;
  };

 private:
  void run(const std::stop_token& stop);
  Instant cut_what_is_late();

  std::mutex mutex_;  // guards all below
  std::condition_variable_any sooner_;
  std::vector<Line*> lines_;
  Instant next_look_ = Instant::max();
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace certfleet::store
