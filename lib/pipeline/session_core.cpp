#include "lib/pipeline/session_core.h"

#include "lib/base/error.h"

namespace certfleet::pipeline {

SessionCore::SessionCore(const SessionTimes& times) : times_(times) {
  CERTFLEET_INVARIANT(times.beat + times.margin < times.life, "session times");
}

SessionCore::Next SessionCore::next(Instant now) const {
  if (now < ask_at_) return {Do::wait, std::chrono::duration_cast<std::chrono::milliseconds>(ask_at_ - now)};
  return {current_ ? Do::renew : Do::open, {}};
}

void SessionCore::opened(SessionId session, Instant asked) {
  current_ = session;
  sure_until_ = asked + times_.life - times_.margin;
  ask_at_ = asked + times_.beat;
}

void SessionCore::renewed(bool alive, Instant asked) {
  if (alive) return opened(current_, asked);
  current_ = {};
  ask_at_ = asked;  // another one is opened at once
}

void SessionCore::gave_up(Instant now) {
  current_ = {};
  ask_at_ = now;
}

void SessionCore::hurry(Instant now) {
  if (current_) ask_at_ = now;
}

void SessionCore::failed(Instant now) {
  ask_at_ = now + times_.retry;
  if (now >= sure_until_) current_ = {};
}

}  // namespace certfleet::pipeline
