#include "lib/pipeline/job_runner.h"

#include <fmt/format.h>

#include <random>

#include "lib/base/fault_point.h"
#include "lib/base/log.h"
#include "lib/trace/render.h"

namespace certfleet::pipeline {
namespace {

double dice() {
  thread_local std::mt19937_64 engine(std::random_device{}());
  return std::uniform_real_distribution<double>(0, 1)(engine) * 0.999999;
}

class RunningContext final : public Context {
 public:
  RunningContext(const domain::Job& job, std::stop_token stop, store::JobStore& store,
                 const JobRunner::Parts& parts)
      : job_(job),
        stop_(std::move(stop)),
        deadline_(Deadline::in(job.time_limit)),
        store_(store),
        parts_(parts) {}

  Deadline deadline() const override { return deadline_; }
  std::stop_token stop() const override { return stop_; }

  void trace(trace::Line line) override {
    line.request_no = job_.request_no;
    parts_.traces.add({0, std::move(line), job_.service, job_.node, job_.id});
  }
  void read(const Write& body) override { store_.read(body); }
  void commit(const Write& body) override {
    FAULT_POINT("intent.before");
    auto ready = store_.commit_guarded(job_.id, job_.fence, body);
    FAULT_POINT("intent.after");
    if (!ready.empty()) parts_.became_ready(std::move(ready));
    // The answer may have been long under way, and another worker may have the job by now.
    if (!parts_.sure(job_.session))
      throw Failure(Fault::stale, fmt::format("job {}: its session may have lapsed", job_.id.value()));
  }

 private:
  const domain::Job& job_;
  std::stop_token stop_;
  Deadline deadline_;
  store::JobStore& store_;
  const JobRunner::Parts& parts_;
};

// What the log of a service says about a job that did not end well; 0: nothing.
int trace_of(store::Finished::How how) {
  switch (how) {
    case store::Finished::How::retry: return 2621;
    case store::Finished::How::dead: return 2623;
    case store::Finished::How::failed: return 2624;
    case store::Finished::How::cancelled: return 2625;
    case store::Finished::How::done:
    case store::Finished::How::release:
    case store::Finished::How::park: return 0;
  }
  return 0;
}

// Runs the handler; whatever it throws becomes an outcome.
Outcome run_handler(Handler& handler, const domain::Job& job, Context& context) {
  try {
    return is_run(job, handler) ? handler.run(job, context) : Outcome::cancelled();
  } catch (const Failure& failure) {
    return failure.transient() || failure.fault() == Fault::stale ? Outcome::retry(failure)
                                                                  : Outcome::failed(failure);
  } catch (const std::exception& error) {
    return Outcome::failed(Failure(Fault::permanent, 98, fmt::format("{}: {}", job.kind, error.what())));
  }
}

}  // namespace

JobRunner::JobRunner(Parts parts, int slots) : parts_(std::move(parts)) {
  for (int slot = 0; slot < slots; ++slot)
    slots_.emplace_back([this, slot](const std::stop_token& stop) { run(stop, slot); });
}

JobRunner::~JobRunner() {
  for (auto& slot : slots_) slot.request_stop();
  slots_.clear();
}

void JobRunner::add(std::vector<domain::Job> jobs, Instant since) {
  if (jobs.empty()) return;
  {
    std::lock_guard lock(mutex_);
    for (auto& job : jobs) held_.add(std::move(job), since);
  }
  jobs.size() == 1 ? arrived_.notify_one() : arrived_.notify_all();
}

std::vector<domain::Job> JobRunner::hand_back() {
  std::lock_guard lock(mutex_);
  return held_.take_all();
}

std::vector<domain::Job> JobRunner::hand_back(Instant claimed_before) {
  std::lock_guard lock(mutex_);
  return held_.take_older(claimed_before);
}

void JobRunner::run(const std::stop_token& stop, int slot) {
  auto settings = parts_.database;
  settings.application += fmt::format(" slot {}", slot);
  auto store = store::postgres_job_store(settings);  // connects when a handler first asks
  for (;;) {
    domain::Job job;
    {
      std::unique_lock lock(mutex_);
      if (held_.empty() && !arrived_.wait(lock, stop, [&] { return !held_.empty(); })) return;
      job = *held_.take();
    }
    attempt(job, *store);
  }
}

void JobRunner::attempt(const domain::Job& job, store::JobStore& store) {
  Handler* handler = handler_of(job.kind);
  if (handler == nullptr) return park(job);
  auto token = parts_.running.started(job);
  RunningContext context(job, token, store, parts_);
  // Claimed under a session that is gone: others may have it by now.
  auto outcome = parts_.sure(job.session) ? run_handler(*handler, job, context) : Outcome::cancelled();
  auto stopped = parts_.running.ended(job);
  if (!parts_.sure(job.session)) stopped = StopReason::session_lost;
  if (stopped == StopReason::session_lost)
    log::warn("job {} ({}): left to others, its session may have lapsed", job.id.value(), job.kind);
  auto finished = conclude(job, std::move(outcome), stopped, dice(), *handler);
  if (!finished.error.empty()) log::warn("job {} ({}): {}", job.id.value(), job.kind, finished.error);
  if (int id = trace_of(finished.how)) context.trace(trace::line(id, {job.kind, finished.error}));
  parts_.completer.submit(std::move(finished));
}

void JobRunner::park(const domain::Job& job) {
  parts_.metrics.add("certfleet_jobs_unknown_total", 1, {{"kind", job.kind}});
  std::optional<std::uint64_t> others;
  {
    std::lock_guard lock(mutex_);
    others = unknown_.log_now(Monotonic::now());
  }
  if (others)
    log::warn("job {}: this worker knows no jobs of kind {}; it waits for a newer one ({} more since the last line)",
              job.id.value(), job.kind, *others);
  parts_.completer.submit(parked(job));
}

Handler* JobRunner::handler_of(const std::string& kind) const {
  for (const auto& handler : parts_.handlers)
    if (handler->kind() == kind) return handler.get();
  return nullptr;
}

}  // namespace certfleet::pipeline
