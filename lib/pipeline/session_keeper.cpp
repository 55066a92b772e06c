#include "lib/pipeline/session_keeper.h"

#include "lib/base/error.h"
#include "lib/base/log.h"

namespace certfleet::pipeline {

SessionKeeper::SessionKeeper(std::unique_ptr<store::JobStore> store, store::SessionInfo info, SessionTimes times,
                             Events events)
    : store_(std::move(store)), info_(std::move(info)), times_(times), events_(std::move(events)), core_(times) {
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
    auto next = core_.next(Monotonic::now());
    if (next.what == SessionCore::Do::wait) {
      std::unique_lock lock(mutex_);
      waiting_.wait_for(lock, stop, next.wait, [] { return false; });
      continue;
    }
    auto before = core_.current();
    ask(next.what);
    if (core_.current() == before) continue;
    current_ = core_.current().value();
    if (current()) {
      log::info("session {} opened", current().value());
    } else {
      log::error("session {} lost; stopping what runs", before.value());
      events_.on_lost();
    }
  }
}

void SessionKeeper::ask(SessionCore::Do what) {
  auto asked = Monotonic::now();
  try {
    if (what == SessionCore::Do::open && events_.sealing_keys) info_.sealing_keys = events_.sealing_keys();
    if (what == SessionCore::Do::open) return core_.opened(store_->open_session(info_, times_.life), asked);
    auto beat = store_->renew(core_.current(), times_.life, draining_);
    core_.renewed(beat.alive, asked);
    if (beat.alive) report_sealing_keys();
    if (!beat.cancelled.empty()) events_.on_cancelled(beat.cancelled);
  } catch (const Failure& failure) {
    log::warn("session: {}", failure.what());
    core_.failed(Monotonic::now());
  }
}

// What comes in by a key file while the process runs. A report that fails is made again with the next heartbeat.
void SessionKeeper::report_sealing_keys() {
  if (!events_.sealing_keys) return;
  auto held = events_.sealing_keys();
  if (held == info_.sealing_keys) return;
  try {
    store_->report_sealing_keys(core_.current(), held);
    info_.sealing_keys = std::move(held);
  } catch (const Failure& failure) {
    log::warn("session: sealing keys: {}", failure.what());
  }
}

}  // namespace certfleet::pipeline
