#include "lib/pipeline/worker_core.h"

#include <algorithm>
#include <utility>

#include "lib/base/error.h"

namespace certfleet::pipeline {
namespace {

constexpr std::chrono::milliseconds turn{100};  // longest wait of an undisturbed worker
constexpr std::size_t echoes_max = 256;  // more is a flood; an echo that is taken for an offer costs two questions

std::chrono::milliseconds since(Instant then, Instant now) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(now - then);
}

}  // namespace

WorkerCore::WorkerCore(const WorkerLimits& limits, Instant now, double dice)
    : limits_(limits),
      silence_(limits.silence + std::chrono::milliseconds(static_cast<std::int64_t>(
                                    static_cast<double>(limits.silence.count()) * dice / 4))),
      heard_(now),
      window_start_(now) {
  CERTFLEET_INVARIANT(limits.slots > 0 && limits.batch_max > 0, "worker limits");
}

int WorkerCore::capacity() const { return limits_.slots + ahead_; }

int WorkerCore::room() const { return std::max(0, capacity() - held_); }

// Fast jobs are claimed in big batches, because commits are what costs. Of slower ones, a batch is what ends within a
// tenth of `ahead`: what comes now and has its turn must not wait until half of what was claimed before has ended.
bool WorkerCore::worth_claiming() const {
  if (room() == 0) return false;
  int batch = fast() ? std::min(capacity() / 2 + 1, limits_.batch_max) : ahead_ / 10;
  return held_ < limits_.slots || room() >= batch;
}

void WorkerCore::offered(std::span<const JobId> ids, Instant now) {
  if (!ids.empty()) heard_ = now;
  for (JobId id : ids)
    if (!is_echo(id, now)) keep(id);
}

void WorkerCore::heard(std::span<const JobId> ids, Instant now) {
  std::erase_if(echoes_, [&](const auto& echo) { return since(echo.second, now) >= silence_; });
  for (JobId id : ids) {
    if (room() <= static_cast<int>(offers_.size())) return;
    heard_ = now;
    keep(id);
    if (echoes_.size() < echoes_max) echoes_[id] = now;
  }
}

void WorkerCore::keep(JobId id) {
  if (offered_.insert(id).second) offers_.push_back(id);
}

// A broker's offer of what was heard: claimed again it would bring nothing but doubt. Only once and only soon: later
// the job may be ready again.
bool WorkerCore::is_echo(JobId id, Instant now) {
  auto echo = echoes_.extract(id);
  return !echo.empty() && since(echo.mapped(), now) < silence_;
}

void WorkerCore::claimed(int jobs, Instant now) {
  held_ += jobs;
  bool full = jobs * 2 >= std::exchange(asked_, 0);
  if (!std::exchange(asked_direct_, false)) {
    doubtful_ = !full;
    if (!full) probe_at_ = now;
    return;
  }
  direct_ = jobs > 0;
  if (!full) {
    doubtful_ = false;
    probe_at_ = now + limits_.ahead;
  }
  heard_ = now;
}

void WorkerCore::ended(int jobs, Instant now) {
  CERTFLEET_INVARIANT(jobs <= held_, "more jobs ended than were held");
  held_ -= jobs;
  window_ends_ += jobs;
  auto span = since(window_start_, now);
  if (span < limits_.ahead / 4) return;
  auto speed = static_cast<std::int64_t>(window_ends_) * limits_.ahead.count() / span.count();
  ahead_ = static_cast<int>(std::min<std::int64_t>(speed, limits_.ahead_max));
  window_start_ = now;
  window_ends_ = 0;
}

void WorkerCore::handed_back(int jobs) {
  CERTFLEET_INVARIANT(jobs <= held_, "more jobs were handed back than were held");
  held_ -= jobs;
}

void WorkerCore::drain() {
  draining_ = true;
  offers_.clear();
  offered_.clear();
}

WorkerCore::Next WorkerCore::next(Instant now) {
  Next next;
  next.wait = turn;
  if (draining_) return next;

  if (since(window_start_, now) > 10 * limits_.ahead) {  // an idle worker forgets how fast it was
    window_start_ = now;
    window_ends_ = 0;
    ahead_ = 0;
  }
  if (worth_claiming()) {
    if (backlog(now)) {
      // A direct claim sees all that is ready, in the same fair order, and fills its batch whatever the brokers
      // have sent so far. The offers in hand are spent with it.
      offers_.clear();
      offered_.clear();
    }
    if (!offers_.empty()) {
      auto take = std::min({static_cast<int>(offers_.size()), room(), limits_.batch_max});
      for (int i = 0; i < take; ++i) {
        next.claim_offered.push_back(offers_.front());
        offered_.erase(offers_.front());
        offers_.pop_front();
      }
      asked_ = take;
    } else if (backlog(now) || direct_ || since(heard_, now) >= silence_) {
      next.claim_ready = std::min(room(), limits_.batch_max);
      asked_ = next.claim_ready;
      asked_direct_ = true;
    }
  }
  // While direct claims fill their batches, offers would only be thrown away.
  auto spoken_for = static_cast<int>(offers_.size() + next.claim_offered.size()) + next.claim_ready;
  next.room = backlog(now) ? 0 : static_cast<std::size_t>(std::max(0, room() - spoken_for));
  // Brokers send no more than there is room for, and what lies behind it only after the scheduler's next look.
  if (next.claim_ready == 0 && spoken_for > 0 && spoken_for >= room()) direct_ = true;
  if (next.claim_ready == 0 && next.claim_offered.empty() && room() > 0)
    next.wait = std::clamp(silence_ - since(heard_, now), std::chrono::milliseconds(1), turn);
  return next;
}

}  // namespace certfleet::pipeline
