#include "broker/peer_watch.h"

#include "lib/base/error.h"
#include "lib/base/log.h"

namespace certfleet::broker {

PeerWatch::PeerWatch(std::unique_ptr<PeerDirectory> directory, std::chrono::milliseconds interval)
    : directory_(std::move(directory)), interval_(interval), last_(directory_->load()), fresh_(last_) {
  news_.ring();
  thread_ = std::thread([this] { run(); });
}

PeerWatch::~PeerWatch() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  stop_.notify_all();
  thread_.join();
}

std::optional<std::vector<EnrolledPeer>> PeerWatch::take() {
  news_.clear();
  std::lock_guard lock(mutex_);
  return std::exchange(fresh_, std::nullopt);
}

void PeerWatch::run() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      if (stop_.wait_for(lock, interval_, [this] { return stopped_; })) return;
    }
    read_again();
  }
}

void PeerWatch::read_again() {
  std::vector<EnrolledPeer> list;
  try {
    list = directory_->load();
  } catch (const Failure& failure) {
    if (!failing_) log::warn("the list of peers can't be read, the last one stays good: {}", failure.what());
    failing_ = true;
    return;
  }
  if (failing_) log::info("the list of peers can be read again");
  failing_ = false;
  if (list == last_) return;
  last_ = list;
  {
    std::lock_guard lock(mutex_);
    fresh_ = std::move(list);
  }
  news_.ring();
}

}  // namespace certfleet::broker
