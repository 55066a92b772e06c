// The pipeline's only face to the kinds of work. A handler knows its job, a deadline, a stop token, a trace
// and the database's truth; it knows neither ZeroMQ, nor the SQL of jobs, nor fences.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/domain/job.h"
#include "lib/store/transaction.h"
#include "lib/trace/line.h"

namespace certfleet::pipeline {

using Write = std::function<void(store::Tx&)>;

// What one running job may use. Belongs to the thread that runs the handler.
class Context {
 public:
  virtual ~Context() = default;

  // Every call to the outside ends by then. Its time is the kind's limit.
  virtual Deadline deadline() const = 0;
  // Requested when the job is cancelled, the worker's session is lost or a drain can wait no longer.
  virtual std::stop_token stop() const = 0;

  // Stored as it happens, so that a log that is followed shows a long job live.
  virtual void trace(trace::Line line) = 0;

  // One consistent look at the database.
  virtual void read(const Write& body) = 0;
  template <class F>
  auto reading(F&& body) {
    std::optional<std::invoke_result_t<F, store::Tx&>> result;
    read([&](store::Tx& tx) { result.emplace(body(tx)); });
    return std::move(*result);
  }

  // Commits now, before the job ends: intents that must be durable before an effect outside, and references
  // that must survive a crash after it. Failure(stale) if this attempt has lost its job, or may have while the
  // database was answering: act no further.
  virtual void commit(const Write& body) = 0;
};

// How an attempt ended. What it writes is committed together with the job's end, at most once.
struct Outcome {
  enum class Verdict {
    done,
    failed,     // for good: the same attempt would fail again
    retry,      // a failed attempt that may succeed later; counted
    wait,       // nothing failed, the other side needs time; not counted
    cancelled,  // the stop token was heeded
  };

  Verdict verdict = Verdict::done;
  std::optional<Failure> failure;          // of failed and retry; of wait: what it waits for, if there is a word
  std::chrono::seconds wait{0};            // of wait
  std::vector<Write> writes;               // results, in order
  std::vector<domain::NewJob> follow_ups;  // exist if and only if the end is committed

  static Outcome done() { return {}; }
  static Outcome failed(const Failure& why);
  static Outcome retry(const Failure& why);
  static Outcome wait_for(std::chrono::seconds span);
  static Outcome wait_for(std::chrono::seconds span, const Failure& why);
  static Outcome cancelled();

  Outcome&& with(Write write) &&;
  Outcome&& then(domain::NewJob job) &&;
};

// One kind of work. Called from several threads at once; holds no state of a job between calls.
class Handler {
 public:
  virtual ~Handler() = default;

  virtual std::string_view kind() const = 0;  // a name of domain::job_kind

  // Works on the job's attempt. A Failure that it throws ends the attempt: retry if it is transient, else
  // failed, then through gave_up. Whatever it does outside must be safe to meet again in a later attempt:
  // look first, act second.
  virtual Outcome run(const domain::Job& job, Context& context) = 0;

  // Whether run() is asked about a job that a person has cancelled, too (Job::cancel), because what was begun outside
  // must be put right first. Such a job ends as cancelled only by Outcome::cancelled(); a wait, a failed attempt and
  // an end are what they always are, and what is not at its end comes again, still cancelled. An attempt that began
  // as a cancelled one is not stopped by the same cancellation. Else a job ends as cancelled without being run.
  virtual bool sees_cancelled() const { return false; }

  // The job ends without success: a permanent failure, the last attempt failed, or it was cancelled. Returns
  // what is to be written about its subject, in the same transaction as the job's end.
  virtual std::vector<Write> gave_up(const domain::Job& job, const Failure& why) = 0;
};

}  // namespace certfleet::pipeline
