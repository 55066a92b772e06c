#include "tests/simulation/ledger.h"

#include <fmt/format.h>

namespace certfleet::simulation {
namespace {

using State = testing::MemoryTables::State;

class WatchedStore final : public store::JobStore {
 public:
  WatchedStore(std::unique_ptr<store::JobStore> inner, std::shared_ptr<testing::MemoryTables> tables, Ledger& ledger)
      : inner_(std::move(inner)), tables_(std::move(tables)), ledger_(ledger) {}

  SessionId open_session(const store::SessionInfo& info, std::chrono::seconds life) override {
    return inner_->open_session(info, life);
  }
  store::Heartbeat renew(SessionId session, std::chrono::seconds life, bool draining) override {
    return inner_->renew(session, life, draining);
  }
  void close_session(SessionId session) override { inner_->close_session(session); }
  std::vector<domain::Job> claim_offered(SessionId session, domain::Queue queue, std::vector<JobId> ids) override {
    return noted(session, inner_->claim_offered(session, queue, std::move(ids)));
  }
  std::vector<domain::Job> claim_ready(SessionId session, domain::Queue queue, SiteId site, int jobs_max) override {
    return noted(session, inner_->claim_ready(session, queue, site, jobs_max));
  }
  std::vector<domain::JobRef> release_unknown(SessionId session, const std::vector<JobId>& known) override {
    return inner_->release_unknown(session, known);
  }
  store::Completed complete(const std::vector<store::Finished>& batch) override {
    auto result = inner_->complete(batch);
    ledger_.completed(batch, result);
    return result;
  }
  std::vector<domain::JobRef> commit_guarded(JobId job, Fence fence,
                                             const std::function<void(store::Tx&)>& body) override {
    return inner_->commit_guarded(job, fence, body);
  }
  void read(const std::function<void(store::Tx&)>& body) override { inner_->read(body); }
  store::Swept sweep(int jobs_max) override {
    auto before = tables_->jobs;
    auto sessions = tables_->sessions;
    auto swept = inner_->sweep(jobs_max);
    ledger_.took_back(before, sessions, swept);
    return swept;
  }
  std::vector<domain::JobRef> promote_due(int jobs_max) override { return inner_->promote_due(jobs_max); }
  std::vector<domain::JobRef> ready_jobs(domain::Queue queue, int jobs_max) override {
    return inner_->ready_jobs(queue, jobs_max);
  }

 private:
  std::vector<domain::Job> noted(SessionId session, std::vector<domain::Job> jobs) {
    ledger_.claimed(session, jobs);
    return jobs;
  }

  std::unique_ptr<store::JobStore> inner_;
  std::shared_ptr<testing::MemoryTables> tables_;
  Ledger& ledger_;
};

}  // namespace

std::unique_ptr<store::JobStore> watched_store(std::unique_ptr<store::JobStore> inner,
                                               std::shared_ptr<testing::MemoryTables> tables, Ledger& ledger) {
  return std::make_unique<WatchedStore>(std::move(inner), std::move(tables), ledger);
}

void Ledger::wrong(const std::string& what) {
  if (wrongs_.size() < 10) wrongs_.push_back(what);
}

void Ledger::claimed(SessionId session, const std::vector<domain::Job>& jobs) {
  if (jobs.empty()) return;
  auto found = tables_->sessions.find(session);
  if (found == tables_->sessions.end() || found->second.expires <= tables_->now)
    wrong(fmt::format("session {} claimed after it had lapsed", session.value()));
  for (const auto& job : jobs) {
    auto [fence, first] = fences_.try_emplace(job.id, job.fence);
    if (!first && job.fence <= fence->second) wrong(fmt::format("job {}: its fence did not grow", job.id.value()));
    fence->second = job.fence;
    for (const auto& [key, limit] : tables_->limits) {
      auto running = std::count_if(tables_->jobs.begin(), tables_->jobs.end(), [&](const auto& entry) {
        return entry.second.state == State::running && tables_->limit_key_of(entry.second.job) == key;
      });
      if (running > limit.parallel) wrong(fmt::format("{} jobs run under the limit {}", running, key));
    }
    if (job.concurrency_key.empty()) continue;
    int holders = 0;
    for (const auto& [id, row] : tables_->jobs)
      holders += row.state == State::running && row.job.concurrency_key == job.concurrency_key ? 1 : 0;
    if (holders != 1) wrong(fmt::format("I3: {} jobs run for key {}", holders, job.concurrency_key));
  }
}

void Ledger::completed(const std::vector<store::Finished>& batch, const store::Completed& result) {
  for (const auto& end : batch) {
    if (std::find(result.accepted.begin(), result.accepted.end(), end.id) == result.accepted.end()) continue;
    if (fences_[end.id] != end.fence)
      wrong(fmt::format("I2: job {}: an end with fence {} was accepted, the latest claim has {}", end.id.value(),
                        end.fence.value(), fences_[end.id].value()));
    if (end.how == store::Finished::How::retry || end.how == store::Finished::How::release ||
        end.how == store::Finished::How::park)
      continue;
    ++ends_;
    follow_ups_[end.id] += static_cast<int>(end.follow_ups.size());
  }
}

void Ledger::took_back(const std::map<JobId, testing::MemoryTables::Row>& before,
                       const std::map<SessionId, testing::MemoryTables::Session>& sessions,
                       const store::Swept& swept) {
  auto taken = swept.later;
  for (const auto& ref : swept.back) taken.push_back(ref.id);
  for (JobId id : taken) {
    const auto& row = before.at(id);
    auto session = sessions.find(row.session);
    bool lost = session == sessions.end() || session->second.expires <= tables_->now ||
                row.deadline + store::deadline_grace < tables_->now;
    if (row.state != State::running || !lost)
      wrong(fmt::format("job {} was taken back though its worker is alive", id.value()));
  }
}

void Ledger::check_end() {
  for (const auto& [id, expected] : expected_)
    if (!tables_->ended.contains(id)) wrong(fmt::format("I1: job {} never ended", id.value()));
  std::map<JobId, int> found;
  for (const auto& [id, ended] : tables_->ended)
    if (ended.job.subject != 0) ++found[JobId(ended.job.subject)];
  for (const auto& [parent, count] : follow_ups_)
    if (count != found[parent])
      wrong(fmt::format("I2: job {} has {} follow-up jobs, its end brought {}", parent.value(), found[parent], count));
}

}  // namespace certfleet::simulation
