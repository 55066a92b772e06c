#include "lib/pipeline/session_keeper.h"

#include "lib/base/error.h"
#include "lib/base/log.h"

namespace certfleet::pipeline {

SessionKeeper::SessionKeeper(std::unique_ptr<store::JobStore> store, store::SessionInfo info, SessionTimes times,
                             Events events)
    : store_(std::move(store)), info_(std::move(info)), times_(times), events_(std::move(events)) {
  CERTFLEET_INVARIANT(times_.beat + times_.margin < times_.life, "session times");
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

SessionKeeper::~SessionKeeper() {
  thread_.request_stop();
  thread_.join();
  if (!current()) return;
  try {
    store_->close_session(current());
  } catch (const Failure& failure) {
    log::warn("session {} stays until it lapses: {}", current().value(), failure.what());
  }
}

void SessionKeeper::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    auto pause = times_.beat;
    try {
      current() ? renew() : open();
    } catch (const Failure& failure) {
      log::warn("session: {}", failure.what());
      pause = times_.retry;
      if (current() && Monotonic::now() >= sure_until_) lose("no renewal came through");
    }
    if (!current()) pause = times_.retry;
    std::unique_lock lock(mutex_);
    waiting_.wait_for(lock, stop, pause, [] { return false; });
  }
}

void SessionKeeper::open() {
  auto asked = Monotonic::now();
  auto session = store_->open_session(info_, times_.life);
  sure_until_ = asked + times_.life - times_.margin;
  current_ = session.value();
  log::info("session {} opened", session.value());
}

void SessionKeeper::renew() {
  // Counted from before the question: the answer may have been long under way.
  auto asked = Monotonic::now();
  auto beat = store_->renew(current(), times_.life, draining_);
  if (!beat.alive) return lose("it has lapsed");
  sure_until_ = asked + times_.life - times_.margin;
  if (!beat.cancelled.empty()) events_.on_cancelled(beat.cancelled);
}

void SessionKeeper::lose(const char* why) {
  log::error("session {} lost: {}; stopping what runs", current().value(), why);
  current_ = 0;
  events_.on_lost();
}

}  // namespace certfleet::pipeline
