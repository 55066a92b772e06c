// When a worker opens, renews and gives up its session. Pure: the keeper's thread and the simulation ask it.
#pragma once

#include <chrono>

#include "lib/base/clock.h"
#include "lib/base/id.h"

namespace certfleet::pipeline {

struct SessionTimes {
  std::chrono::seconds life{15};  // without a renewal the sweeper takes the session's jobs back
  std::chrono::milliseconds beat{5000};
  std::chrono::milliseconds retry{500};    // after a question that failed
  std::chrono::milliseconds margin{2000};  // the session counts as lost here so long before it lapses there
};

class SessionCore {
 public:
  explicit SessionCore(const SessionTimes& times);

  enum class Do { open, renew, wait };
  struct Next {
    Do what = Do::wait;
    std::chrono::milliseconds wait{0};  // of wait: at most so long
  };
  Next next(Instant now) const;

  // The answers. `asked` is when the question was put: the answer may have been long under way, and the
  // session's life counts from the question.
  void opened(SessionId session, Instant asked);
  void renewed(bool alive, Instant asked);
  void failed(Instant now);  // the database did not answer
  void gave_up(Instant now);  // the session may have lapsed while a question was unanswered
  void hurry(Instant now);   // what is told with the next renewal must not wait for it

  // The session that may claim and work, 0 if there is none.
  SessionId current() const { return current_; }
  // Until when it surely lives.
  Instant sure_until() const { return sure_until_; }

 private:
  SessionTimes times_;
  SessionId current_;
  Instant sure_until_{};
  Instant ask_at_{};
};

}  // namespace certfleet::pipeline
