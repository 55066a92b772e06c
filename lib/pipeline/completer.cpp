#include "lib/pipeline/completer.h"

#include <map>

#include "lib/base/error.h"
#include "lib/base/fault_point.h"
#include "lib/base/log.h"

namespace certfleet::pipeline {
namespace {

constexpr std::chrono::seconds trace_wait{5};  // for the traces of a batch; then its end matters more
constexpr int last_tries = 5;  // of a batch when the process is ending: then the sweeper decides

}  // namespace

Completer::Completer(std::unique_ptr<store::JobStore> store, CompleterLimits limits, Metrics& metrics,
                     TraceWriter& traces, std::function<std::size_t()> still_running, OnDone on_done)
    : store_(std::move(store)),
      limits_(limits),
      metrics_(metrics),
      traces_(traces),
      still_running_(std::move(still_running)),
      on_done_(std::move(on_done)) {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

Completer::~Completer() {
  thread_.request_stop();
  thread_.join();
}

void Completer::submit(store::Finished finished) {
  bool enough = false;
  {
    std::lock_guard lock(mutex_);
    queue_.push_back(std::move(finished));
    enough = queue_.size() == 1 || queue_.size() == limits_.batch_max || queue_.size() >= still_running_();
  }
  if (enough) arrived_.notify_one();
}

void Completer::run(const std::stop_token& stop) {
  for (;;) {
    auto batch = gather(stop);
    if (batch.empty()) {
      if (stop.stop_requested()) return;
      continue;
    }
    complete(batch, stop);
  }
}

std::vector<store::Finished> Completer::gather(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, stop, [&] { return !queue_.empty(); });
  arrived_.wait_for(lock, stop, limits_.gather,
                    [&] { return queue_.size() >= limits_.batch_max || queue_.size() >= still_running_(); });
  if (queue_.size() <= limits_.batch_max) return std::exchange(queue_, {});
  auto end = queue_.begin() + static_cast<std::ptrdiff_t>(limits_.batch_max);
  std::vector<store::Finished> batch(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  return batch;
}

void Completer::complete(const std::vector<store::Finished>& batch, const std::stop_token& stop) {
  count_attempts(batch);
  if (!traces_.flush(Deadline::in(trace_wait))) log::warn("the traces of {} jobs are late", batch.size());
  auto pause = limits_.retry;
  for (int tries = 1;; ++tries) {
    try {
      FAULT_POINT("commit.before");
      auto completed = store_->complete(batch);
      FAULT_POINT("commit.after");
      count(completed);
      on_done_(batch, std::move(completed.ready));
      return;
    } catch (const Failure& failure) {
      metrics_.add("certfleet_completion_failures_total");
      log::warn("completing {} jobs: {}", batch.size(), failure.what());
      if (!failure.transient() || (stop.stop_requested() && tries >= last_tries)) {
        log::error("{} results are dropped; their jobs will be taken back", batch.size());
        on_done_(batch, {});
        return;
      }
    }
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, pause, [] { return false; });
    pause = std::min(pause * 2, limits_.retry_max);
  }
}

// For a batch at once: for each job it would cost more than running one that does nothing.
void Completer::count_attempts(const std::vector<store::Finished>& batch) {
  std::map<std::string_view, int> attempts;
  for (const auto& job : batch)
    if (job.begun && job.how != store::Finished::How::park) ++attempts[job.kind];
  for (const auto& [kind, count] : attempts)
    metrics_.add("certfleet_attempts_total", count, {{"kind", std::string(kind)}});
}

void Completer::count(const store::Completed& completed) {
  metrics_.add("certfleet_jobs_completed_total", static_cast<double>(completed.accepted.size()));
  metrics_.add("certfleet_completion_batches_total");
  if (!completed.stale.empty()) {
    metrics_.add("certfleet_jobs_stale_total", static_cast<double>(completed.stale.size()));
    for (auto id : completed.stale) log::warn("job {}: its result came too late and was dropped", id.value());
  }
  for (auto id : completed.refused) log::error("job {}: its result could not be stored", id.value());
}

}  // namespace certfleet::pipeline
