#include "lib/pipeline/session_keeper.h"

#include "lib/base/error.h"
#include "lib/base/log.h"

namespace certfleet::pipeline {

SessionKeeper::SessionKeeper(std::unique_ptr<store::JobStore> store, store::SessionInfo info, SessionTimes times,
                             Events events)
    : store_(std::move(store)), info_(std::move(info)), times_(times), events_(std::move(events)), core_(times) {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  watch_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
}

SessionKeeper::~SessionKeeper() {
  for (auto* thread : {&watch_, &thread_}) {
    thread->request_stop();
    thread->join();
  }
  if (!current()) return;
  try {
    store_->close_session(current());
  } catch (const Failure& failure) {
    log::warn("session {} stays until it lapses: {}", current().value(), failure.what());
  }
}

SessionId SessionKeeper::current() const {
  std::lock_guard lock(mutex_);
  return current_;
}

bool SessionKeeper::sure(SessionId session) const {
  std::lock_guard lock(mutex_);
  return session && session == current_ && Monotonic::now() < sure_until_;
}

void SessionKeeper::drain() {
  {
    std::lock_guard lock(mutex_);
    draining_ = true;
  }
  waiting_.notify_one();
}

void SessionKeeper::run(const std::stop_token& stop) {
  bool told = false;  // that it drains
  while (!stop.stop_requested()) {
    if (draining_ && !std::exchange(told, true)) core_.hurry(Monotonic::now());
    auto next = core_.next(Monotonic::now());
    if (next.what == SessionCore::Do::wait) {
      std::unique_lock lock(mutex_);
      waiting_.wait_for(lock, stop, next.wait, [&] { return draining_ && !told; });
      continue;
    }
    auto before = core_.current();
    ask(next.what);
    publish(before);
  }
}

// Tells what the last question has brought.
void SessionKeeper::publish(SessionId before) {
  bool told = false;  // the watch was faster: whatever was answered came too late
  {
    std::lock_guard lock(mutex_);
    told = before && !current_;
    if (told && core_.current() == before) core_.gave_up(Monotonic::now());
    current_ = core_.current();
    sure_until_ = core_.sure_until();
  }
  changed_.notify_all();
  if (core_.current() == before) return;
  if (before && !told) lost(before);
  if (core_.current()) log::info("session {} opened", core_.current().value());
}

void SessionKeeper::lost(SessionId session) {
  log::error("session {} lost; stopping what runs", session.value());
  events_.on_lost();
}

void SessionKeeper::watch(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    SessionId over;
    {
      std::unique_lock lock(mutex_);
      auto now = Monotonic::now();
      if (current_ && now >= sure_until_) {
        over = std::exchange(current_, {});
      } else if (current_) {
        changed_.wait_until(lock, stop, sure_until_, [] { return false; });
      } else {
        changed_.wait(lock, stop, [this] { return bool(current_); });
      }
    }
    if (over) lost(over);
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
