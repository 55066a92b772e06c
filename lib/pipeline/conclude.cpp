#include "lib/pipeline/conclude.h"

#include "lib/pki/printable.h"

namespace certfleet::pipeline {
namespace {

constexpr std::size_t error_bytes_max = 1000;  // of what is kept of a failure's words

using How = store::Finished::How;
using Verdict = Outcome::Verdict;

store::Finished frame(const domain::Job& job) {
  store::Finished finished;
  finished.id = job.id;
  finished.fence = job.fence;
  finished.kind = job.kind;
  finished.concurrency_key = job.concurrency_key;
  return finished;
}

void append(std::vector<Write>& to, std::vector<Write> from) {
  for (auto& write : from) to.push_back(std::move(write));
}

std::chrono::seconds wait_before_next(const domain::Job& job, const std::optional<Failure>& failure, double dice) {
  return domain::backoff(domain::job_kind(job.kind), job.attempts_failed,
                         failure ? failure->retry_after() : std::nullopt, dice);
}

}  // namespace

store::Finished parked(const domain::Job& job) {
  auto finished = frame(job);
  finished.how = How::park;
  finished.wait = store::park_time;
  return finished;
}

bool is_run(const domain::Job& job, const Handler& handler) { return !job.cancel || handler.sees_cancelled(); }

store::Finished conclude(const domain::Job& job, Outcome outcome, StopReason stopped, double dice, Handler& handler) {
  auto finished = frame(job);
  bool heeded = outcome.verdict == Verdict::cancelled;
  bool unfinished = heeded || outcome.verdict == Verdict::retry || outcome.verdict == Verdict::wait;
  // A session that may be gone decides nothing: whoever has the job next ends it.
  bool cancelled = stopped == StopReason::cancelled || (job.cancel && stopped != StopReason::session_lost);
  if (cancelled && (heeded || (unfinished && !handler.sees_cancelled()))) {
    finished.how = How::cancelled;
    finished.error = "cancelled";
    finished.writes = handler.gave_up(job, Failure(Fault::permanent, "cancelled"));
    return finished;
  }
  // Interrupted by us, not by its work: handed back, no attempt counted.
  if (unfinished && stopped != StopReason::none) {
    finished.how = How::release;
    return finished;
  }
  finished.writes = std::move(outcome.writes);
  if (outcome.failure) {
    // Words of the other side may be in it; the database takes only text.
    finished.error = pki::printable(outcome.failure->what(), error_bytes_max);
    finished.error_id = outcome.failure->trace_id().value_or(0);
  }
  switch (outcome.verdict) {
    case Verdict::done:
      finished.how = How::done;
      finished.follow_ups = std::move(outcome.follow_ups);
      return finished;
    case Verdict::cancelled:  // of its own accord: nobody asked, so it is no success either
    case Verdict::wait:
      finished.how = How::release;
      finished.wait = outcome.wait;
      return finished;
    case Verdict::retry:
      if (job.attempts_failed + 1 < job.attempts_max) {
        finished.how = How::retry;
        finished.wait = wait_before_next(job, outcome.failure, dice);
        return finished;
      }
      finished.how = How::dead;
      break;
    case Verdict::failed: finished.how = How::failed; break;
  }
  append(finished.writes, handler.gave_up(job, outcome.failure.value_or(Failure(Fault::permanent, "failed"))));
  return finished;
}

}  // namespace certfleet::pipeline
