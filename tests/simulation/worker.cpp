#include <fmt/format.h>

#include "lib/pipeline/conclude.h"
#include "lib/pipeline/session_core.h"
#include "lib/pipeline/worker_core.h"
#include "tests/simulation/process.h"

namespace certfleet::simulation {
namespace {

using pipeline::Outcome;
using pipeline::StopReason;

// What a handler does is decided in Worker; nothing hangs on a job that was given up.
class Played final : public pipeline::Handler {
 public:
  std::string_view kind() const override { return "apply.run"; }
  Outcome run(const domain::Job&, pipeline::Context&) override { return Outcome::done(); }
  std::vector<pipeline::Write> gave_up(const domain::Job&, const Failure&) override { return {}; }
};

class Worker final : public Process {
 public:
  Worker(World& world, const std::string& name, domain::Queue queue)
      : Process(world, name),
        queue_(queue),
        store_(world.open_store(name)),
        core_(pipeline::WorkerLimits{}, world.now(), world.random.unit()),
        session_(pipeline::SessionTimes{}),
        links_(world, name,
               {fmt::format("{}-{}", name, world.random.between(0, 1 << 30)), 0, bus::Role::worker, queue, {}, 64}) {
    wake_at(world_.now());
  }

  void receive(const std::string& path, const bus::Message& message) override {
    links_.receive(path, message);
    wake_at(world_.now());
  }

  void wake() override {
    links_.tick();
    // Threads run in no fixed order, least of all after a freeze.
    if (world_.random.chance(0.3)) claim();
    if (world_.random.chance(0.5)) {
      keep_session();
      end_jobs();
    } else {
      end_jobs();
      keep_session();
    }
    if (!alive()) return;
    complete();
    claim();
    wake_at(next_wake());
  }

 private:
  struct Running {
    domain::Job job;
    Instant ends;
    bool stopped = false;
  };

  void keep_session() {
    auto next = session_.next(world_.now());
    if (next.what == pipeline::SessionCore::Do::wait) return;
    auto before = session_.current();
    try {
      if (next.what == pipeline::SessionCore::Do::open)
        session_.opened(store_->open_session({queue_, SiteId(), name(), 1, 4}, 15s), world_.now());
      else
        session_.renewed(store_->renew(session_.current(), 15s, false).alive, world_.now());
    } catch (const Failure&) {
      session_.failed(world_.now());
    }
    if (before && !session_.current())
      for (auto& running : running_) running.stopped = true;
  }

  // The handlers: some end well, some fail, some take the process with them.
  void end_jobs() {
    for (auto it = running_.begin(); it != running_.end();) {
      if (it->ends > world_.now() && !it->stopped) {
        ++it;
        continue;
      }
      if (world_.trouble() && world_.random.chance(world_.setting.handler_crashes)) return kill();
      auto outcome = it->stopped ? Outcome::cancelled() : outcome_of(it->job);
      finished_.push_back(pipeline::conclude(it->job, std::move(outcome),
                                             it->stopped ? StopReason::session_lost : StopReason::none,
                                             world_.random.unit(), handler_));
      it = running_.erase(it);
    }
  }

  Outcome outcome_of(const domain::Job& job) {
    if (world_.random.chance(world_.setting.handler_retries))
      return Outcome::retry(Failure(Fault::retry, "the other side is busy"));
    if (world_.random.chance(0.03)) return Outcome::failed(Failure(Fault::permanent, "refused"));
    if (queue_ != domain::Queue::apply) return Outcome::done();
    return Outcome::done().then({.kind = "verify.node", .subject = job.id.value()});
  }

  void complete() {
    if (finished_.empty()) return;
    try {
      auto completed = store_->complete(finished_);
      for (const auto& end : finished_) known_.erase(end.id);
      core_.ended(static_cast<int>(finished_.size()), world_.now());
      finished_.clear();
      links_.offer(std::move(completed.ready));
    } catch (const Failure&) {
      retry_at_ = world_.now() + 200ms;
    }
  }

  void claim() {
    std::vector<JobId> ids;
    for (const auto& ref : links_.take_offers()) ids.push_back(ref.id);
    core_.offered(ids, world_.now());
    auto next = core_.next(world_.now());
    if (next.claim_ready > 0 || !next.claim_offered.empty()) {
      auto jobs = ask_for(next);
      core_.claimed(static_cast<int>(jobs.size()), world_.now());
      for (auto& job : jobs) {
        known_.insert(job.id);
        auto span = world_.random.chance(world_.setting.slow_jobs) ? world_.random.span(1000, 60'000)
                                                                   : world_.random.span(1, 50);
        running_.push_back({std::move(job), world_.now() + span, false});
      }
    }
    links_.set_room(session_.current() ? next.room : 0);
    claim_wait_ = next.wait;
  }

  std::vector<domain::Job> ask_for(const pipeline::WorkerCore::Next& next) {
    if (!session_.current()) return {};
    try {
      if (in_doubt_) links_.offer(store_->release_unknown(session_.current(), {known_.begin(), known_.end()}));
      in_doubt_ = false;
      return next.claim_ready > 0 ? store_->claim_ready(session_.current(), queue_, SiteId(), next.claim_ready)
                                  : store_->claim_offered(session_.current(), queue_, next.claim_offered);
    } catch (const Failure&) {
      in_doubt_ = true;
      return {};
    }
  }

  Instant next_wake() {
    auto now = world_.now();
    auto session = session_.next(now);
    Instant next = std::min(now + std::max(claim_wait_, 1ms), links_.next());
    next = std::min(next, now + std::max(session.wait, 1ms));
    for (const auto& running : running_) next = std::min(next, std::max(running.ends, now + 1ms));
    if (!finished_.empty()) next = std::min(next, std::max(retry_at_, now + 1ms));
    return next;
  }

  domain::Queue queue_;
  Played handler_;
  std::unique_ptr<store::JobStore> store_;
  pipeline::WorkerCore core_;
  pipeline::SessionCore session_;
  Links links_;
  std::vector<Running> running_;
  std::vector<store::Finished> finished_;
  std::unordered_set<JobId> known_;
  bool in_doubt_ = false;
  Instant retry_at_{};
  std::chrono::milliseconds claim_wait_{0};
};

}  // namespace

std::unique_ptr<Process> make_worker(World& world, const std::string& name, domain::Queue queue) {
  return std::make_unique<Worker>(world, name, queue);
}

}  // namespace certfleet::simulation
