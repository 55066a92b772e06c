#include "lib/pipeline/handler.h"

namespace certfleet::pipeline {

Outcome Outcome::failed(const Failure& why) {
  Outcome outcome;
  outcome.verdict = Verdict::failed;
  outcome.failure = why;
  return outcome;
}

Outcome Outcome::retry(const Failure& why) {
  Outcome outcome;
  outcome.verdict = Verdict::retry;
  outcome.failure = why;
  return outcome;
}

Outcome Outcome::wait_for(std::chrono::seconds span) {
  Outcome outcome;
  outcome.verdict = Verdict::wait;
  outcome.wait = span;
  return outcome;
}

Outcome Outcome::wait_for(std::chrono::seconds span, const Failure& why) {
  auto outcome = wait_for(span);
  outcome.failure = why;
  return outcome;
}

Outcome Outcome::cancelled() {
  Outcome outcome;
  outcome.verdict = Verdict::cancelled;
  return outcome;
}

Outcome&& Outcome::with(Write write) && {
  writes.push_back(std::move(write));
  return std::move(*this);
}

Outcome&& Outcome::then(domain::NewJob job) && {
  follow_ups.push_back(std::move(job));
  return std::move(*this);
}

}  // namespace certfleet::pipeline
