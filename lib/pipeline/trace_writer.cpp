#include "lib/pipeline/trace_writer.h"

#include "lib/base/error.h"
#include "lib/base/log.h"

namespace certfleet::pipeline {
namespace {

constexpr std::size_t queue_max = 100'000;  // about 50 MB; past it the oldest go, counted: work comes first
constexpr std::chrono::milliseconds retry{500};

}  // namespace

TraceWriter::TraceWriter(store::DatabaseSettings settings, Metrics& metrics)
    : database_(std::move(settings)), metrics_(metrics) {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

TraceWriter::~TraceWriter() {
  thread_.request_stop();
  thread_.join();
}

void TraceWriter::add(store::traces::Stored trace) {
  {
    std::lock_guard lock(mutex_);
    if (queue_.size() >= queue_max) {
      metrics_.add("certfleet_traces_lost_total");
      ++stored_;
      queue_.erase(queue_.begin());
    }
    queue_.push_back(std::move(trace));
    ++added_;
  }
  changed_.notify_all();
}

bool TraceWriter::flush(Deadline deadline) {
  std::unique_lock lock(mutex_);
  auto mine = added_;
  return changed_.wait_for(lock, deadline.left(), [&] { return stored_ >= mine; });
}

void TraceWriter::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, stop, [&] { return !queue_.empty(); });
    if (queue_.empty()) return;  // told to stop, and nothing left
    auto batch = std::exchange(queue_, {});
    lock.unlock();
    bool ok = store(batch);
    lock.lock();
    if (ok) {
      stored_ += batch.size();
      changed_.notify_all();
    } else if (stop.stop_requested()) {
      return;
    } else {
      queue_.insert(queue_.begin(), std::make_move_iterator(batch.begin()), std::make_move_iterator(batch.end()));
      changed_.wait_for(lock, stop, retry, [] { return false; });
    }
  }
}

bool TraceWriter::store(const std::vector<store::traces::Stored>& batch) {
  try {
    database_.write([&](store::Tx& tx) { store::traces::add(tx, batch); });
    return true;
  } catch (const Failure& failure) {
    log::warn("{} traces wait: {}", batch.size(), failure.what());
    if (failure.transient()) return false;
    log::error("{} traces could not be stored and are dropped", batch.size());
    metrics_.add("certfleet_traces_lost_total", static_cast<double>(batch.size()));
    return true;
  }
}

}  // namespace certfleet::pipeline
