#include "tests/simulation/world.h"

#include <fmt/format.h>

#include "lib/base/error.h"
#include "tests/simulation/process.h"

namespace certfleet::simulation {
namespace {

// Away, or in doubt: done, but the answer is lost. Only while there is trouble.
class FaultyStore final : public store::JobStore {
 public:
  FaultyStore(std::unique_ptr<store::JobStore> inner, World& world) : inner_(std::move(inner)), world_(world) {}

  SessionId open_session(const store::SessionInfo& info, std::chrono::seconds life) override {
    return ask([&] { return inner_->open_session(info, life); });
  }
  store::Heartbeat renew(SessionId session, std::chrono::seconds life, bool draining) override {
    return ask([&] { return inner_->renew(session, life, draining); });
  }
  void close_session(SessionId session) override { inner_->close_session(session); }
  std::vector<domain::Job> claim_offered(SessionId session, domain::Queue queue, std::vector<JobId> ids) override {
    return ask([&] { return inner_->claim_offered(session, queue, ids); });
  }
  std::vector<domain::Job> claim_ready(SessionId session, domain::Queue queue, SiteId site, int jobs_max) override {
    return ask([&] { return inner_->claim_ready(session, queue, site, jobs_max); });
  }
  std::vector<domain::JobRef> release_unknown(SessionId session, const std::vector<JobId>& known) override {
    return ask([&] { return inner_->release_unknown(session, known); });
  }
  store::Completed complete(const std::vector<store::Finished>& batch) override {
    return ask([&] { return inner_->complete(batch); });
  }
  std::vector<domain::JobRef> commit_guarded(JobId job, Fence fence,
                                             const std::function<void(store::Tx&)>& body) override {
    return inner_->commit_guarded(job, fence, body);
  }
  void read(const std::function<void(store::Tx&)>& body) override { inner_->read(body); }
  store::Swept sweep(int jobs_max) override {
    return ask([&] { return inner_->sweep(jobs_max); });
  }
  std::vector<domain::JobRef> promote_due(int jobs_max) override {
    return ask([&] { return inner_->promote_due(jobs_max); });
  }
  std::vector<domain::JobRef> ready_jobs(domain::Queue queue, int jobs_max) override {
    return ask([&] { return inner_->ready_jobs(queue, jobs_max); });
  }

 private:
  template <class F>
  std::invoke_result_t<F> ask(F&& question) {
    bool trouble = world_.trouble();
    if (trouble && world_.random.chance(world_.setting.database_away))
      throw Failure(Fault::unreachable, "the database is away");
    auto answer = question();
    if (trouble && world_.random.chance(world_.setting.commit_in_doubt))
      throw Failure(Fault::in_doubt, "the answer is lost");
    return answer;
  }

  std::unique_ptr<store::JobStore> inner_;
  World& world_;
};

}  // namespace

World::World(std::uint64_t seed, Setting a_setting)
    : setting(a_setting),
      random(seed),
      tables(std::make_shared<testing::MemoryTables>(a_setting.weakness)),
      ledger(tables) {
  tables->now = Instant(24h);
  tables->limits["site:1/apply"] = {.parallel = 2, .refilled = tables->now};
  for (int i = 0; i < setting.brokers; ++i) brokers_.push_back(make(fmt::format("broker{}", i)));
  for (int i = 0; i < setting.schedulers; ++i) others_.push_back(make(fmt::format("scheduler{}", i)));
  for (int i = 0; i < setting.workers; ++i) {
    others_.push_back(make(fmt::format("apply{}", i)));
    others_.push_back(make(fmt::format("verify{}", i)));
  }
}

World::~World() = default;

std::unique_ptr<Process> World::make(const std::string& name) {
  if (name.starts_with("broker")) return make_broker(*this, name);
  if (name.starts_with("scheduler")) return make_scheduler(*this, name);
  return make_worker(*this, name, name.starts_with("apply") ? domain::Queue::apply : domain::Queue::verify);
}

void World::at(Instant when, std::function<void()> what) { events_.push({when, ++order_, std::move(what)}); }

Process* World::find(const std::string& name) {
  for (auto* list : {&brokers_, &others_})
    for (auto& process : *list)
      if (process != nullptr && process->name() == name) return process.get();
  return nullptr;
}

std::unique_ptr<store::JobStore> World::open_store(const std::string& who) {
  // A worker's host may be wrong about the time; where the store is sound, nobody asks it.
  bool is_worker = !who.starts_with("scheduler");
  auto error = is_worker ? setting.worker_clock_error : std::chrono::seconds(0);
  return std::make_unique<FaultyStore>(
      watched_store(testing::memory_job_store(tables, error), tables, ledger), *this);
}

void World::run_until(Instant until, const std::function<bool()>& done) {
  while (!events_.empty() && events_.top().at <= until && !done()) {
    auto event = events_.top();
    events_.pop();
    tables->now = std::max(tables->now, event.at);
    event.what();
  }
  if (!done()) tables->now = std::max(tables->now, until);
}

void World::enqueue_some() {
  int count = std::min(random.between(1, 5), setting.jobs - enqueued_);
  for (int i = 0; i < count; ++i) {
    domain::NewJob job{.kind = "apply.run"};
    job.service = ServiceId(random.between(1, 5));
    if (random.chance(0.3)) job.concurrency_key = fmt::format("access:{}", random.between(1, 3));
    if (random.chance(0.3)) job.site = SiteId(1);  // limited
    if (random.chance(0.1)) job.wait = std::chrono::seconds(random.between(1, 20));
    auto id = JobId(tables->next_id);
    tables->enqueue({job});
    ledger.enqueued(id);
    ++enqueued_;
  }
  if (enqueued_ < setting.jobs) at(now() + random.span(1, 3000), [this] { enqueue_some(); });
}

std::unique_ptr<Process>& World::any_process() {
  auto pick = random.between(0, static_cast<int>(brokers_.size() + others_.size()) - 1);
  auto index = static_cast<std::size_t>(pick);
  return index < brokers_.size() ? brokers_[index] : others_[index - brokers_.size()];
}

void World::break_something() {
  if (!trouble_) return;
  if (random.chance(0.5))
    any_process()->kill();
  else
    any_process()->freeze(random.span(10, 60'000));
  at(now() + random.span(0, static_cast<int>(setting.break_every.count())), [this] { break_something(); });
}

std::vector<std::string> World::live() {
  auto begin = now();
  at(begin, [this] { enqueue_some(); });
  at(begin + random.span(0, 5000), [this] { break_something(); });
  // Whoever watches over the daemons starts the dead again; the database notices a lost or silent leader.
  std::function<void()> watch = [&] {
    for (auto* list : {&brokers_, &others_})
      for (auto& process : *list) {
        bool gone = !process->alive() || (process->frozen_until() > now() + 5s);
        if (gone && leader == process->name()) leader.clear();
        if (process->alive() || random.chance(0.5)) continue;
        auto name = process->name();
        graveyard_.push_back(std::move(process));
        process = make(name);
      }
    at(now() + 1s, watch);
  };
  at(begin + 1s, watch);
  run_until(begin + setting.trouble, [] { return false; });
  trouble_ = false;
  run_until(now() + setting.recovery, [this] { return enqueued_ == setting.jobs && tables->jobs.empty(); });
  ledger.check_end();
  return ledger.wrongs();
}

}  // namespace certfleet::simulation
