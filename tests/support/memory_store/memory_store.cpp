#include "tests/support/memory_store/memory_store.h"

#include <algorithm>
#include <set>

#include "lib/base/error.h"
#include "tests/support/memory_store/lanes.h"

namespace certfleet::testing {
namespace {

using How = store::Finished::How;
using State = MemoryTables::State;

std::int16_t number(domain::Priority priority) { return static_cast<std::int16_t>(priority); }

const char* outcome_name(How how) {
  switch (how) {
    case How::done: return "done";
    case How::failed: return "failed";
    case How::cancelled: return "cancelled";
    default: return "dead";
  }
}

class MemoryJobStore final : public store::JobStore {
 public:
  MemoryJobStore(std::shared_ptr<MemoryTables> tables, std::chrono::seconds clock_error)
      : t_(std::move(tables)), clock_error_(clock_error) {}

  SessionId open_session(const store::SessionInfo& info, std::chrono::seconds life) override {
    SessionId id(t_->next_id++);
    t_->sessions[id] = {users_time() + life, false, info.kinds};
    for (auto& [job, row] : t_->jobs)
      if (row.parked && row.state == State::waiting && knows(t_->sessions[id], row)) row.run_at = t_->now;
    return id;
  }

  store::Heartbeat renew(SessionId session, std::chrono::seconds life, bool draining) override {
    store::Heartbeat beat;
    beat.alive = alive(session);
    if (beat.alive) {
      t_->sessions[session].expires = users_time() + life;
      t_->sessions[session].draining = draining;
    }
    for (const auto& [id, row] : t_->jobs)
      if (row.session == session && row.cancel) beat.cancelled.push_back(id);
    return beat;
  }

  void close_session(SessionId session) override { t_->sessions.erase(session); }

  std::vector<domain::Job> claim_offered(SessionId session, domain::Queue queue, std::vector<JobId> ids) override {
    std::sort(ids.begin(), ids.end());
    return claim(session, queue, ids, ids.size());
  }

  std::vector<domain::Job> claim_ready(SessionId session, domain::Queue queue, SiteId site, int jobs_max) override {
    auto ready = ready_of(queue);
    std::erase_if(ready, [&](const auto& ref) { return site && ref.site && ref.site != site; });
    auto& turns = claim_turns_[queue];
    auto chosen =
        ready_by_turns(ready, static_cast<std::size_t>(jobs_max), turns.skip(), false, turns.after());
    // Which ones is by turns; of these the most urgent and oldest run first.
    std::sort(chosen.begin(), chosen.end(), [](const auto& a, const auto& b) {
      return std::pair(a.priority, a.id) < std::pair(b.priority, b.id);
    });
    std::vector<JobId> ids;
    for (const auto& ref : chosen) ids.push_back(ref.id);
    auto jobs = claim(session, queue, ids, ids.size());
    if (!jobs.empty()) turns.served(chosen);
    return jobs;
  }

  std::vector<domain::JobRef> release_unknown(SessionId session, const std::vector<JobId>& known) override {
    std::vector<domain::JobRef> ready;
    for (auto& [id, row] : t_->jobs) {
      if (row.state != State::running || row.session != session) continue;
      if (std::find(known.begin(), known.end(), id) != known.end()) continue;
      row.state = State::ready;
      row.fence = Fence(row.fence.value() + 1);
      row.session = {};
      ready.push_back(t_->ref_of(id));
    }
    return ready;
  }

  store::Completed complete(const std::vector<store::Finished>& batch) override {
    store::Completed completed;
    for (const auto& end : batch) complete_one(end, completed);
    return completed;
  }

  std::vector<domain::JobRef> commit_guarded(JobId job, Fence fence,
                                             const std::function<void(store::Tx&)>&) override {
    if (!held(job, fence)) throw Failure(Fault::stale, "no longer held");
    return {};
  }

  void read(const std::function<void(store::Tx&)>&) override {}

  store::Swept sweep(int jobs_max) override {
    store::Swept swept;
    std::vector<JobId> lost;
    for (const auto& [id, row] : t_->jobs)
      if (row.state == State::running && is_lost(row) && std::ssize(lost) < jobs_max) lost.push_back(id);
    if (t_->weakness.guard_in_select_only) lost.swap(t_->chosen_by_sweep);
    for (JobId id : lost) take_back(id, swept);
    std::erase_if(t_->sessions, [&](const auto& entry) {
      if (entry.second.expires + std::chrono::seconds(1) > t_->now) return false;
      bool used = std::any_of(t_->jobs.begin(), t_->jobs.end(), [&](const auto& job) {
        return job.second.state == State::running && job.second.session == entry.first;
      });
      swept.sessions += used ? 0 : 1;
      return !used;
    });
    return swept;
  }

  std::vector<domain::JobRef> promote_due(int jobs_max) override {
    std::vector<domain::JobRef> ready;
    std::set<std::string> keys;
    for (auto& [id, row] : t_->jobs) {
      if (row.state != State::waiting || row.run_at > t_->now || std::ssize(ready) >= jobs_max) continue;
      if (!t_->limit_key_of(row.job).empty()) continue;
      if (row.job.concurrency_key.empty()) {
        row.state = State::ready;
        ready.push_back(t_->ref_of(id));
      } else {
        keys.insert(row.job.concurrency_key);
      }
    }
    auto append = [&](const auto& refs) { ready.insert(ready.end(), refs.begin(), refs.end()); };
    for (const auto& [key, limit] : t_->limits) append(t_->promote_limit(key));
    for (const auto& key : keys) append(t_->promote_key(key));
    return ready;
  }

  std::vector<domain::JobRef> ready_jobs(domain::Queue queue, int jobs_max) override {
    auto& turns = look_turns_[queue];
    auto refs = ready_by_turns(ready_of(queue), static_cast<std::size_t>(jobs_max), 0, true, turns.after());
    turns.served(refs);
    return refs;
  }

 private:
  Instant users_time() const { return t_->weakness.workers_clock ? t_->now + clock_error_ : t_->now; }

  bool alive(SessionId session) const {
    if (t_->weakness.no_session_check) return true;
    auto found = t_->sessions.find(session);
    return found != t_->sessions.end() && found->second.expires > t_->now;
  }

  static bool knows(const MemoryTables::Session& session, const MemoryTables::Row& row) {
    return std::find(session.kinds.begin(), session.kinds.end(), row.job.kind) != session.kinds.end();
  }

  bool known_to_the_living(const MemoryTables::Row& row) const {
    return std::any_of(t_->sessions.begin(), t_->sessions.end(), [&](const auto& entry) {
      return entry.second.expires > t_->now && knows(entry.second, row);
    });
  }

  bool held(JobId id, Fence fence) const {
    auto found = t_->jobs.find(id);
    return found != t_->jobs.end() && found->second.state == State::running &&
           (found->second.fence == fence || t_->weakness.no_fence);
  }

  bool is_lost(const MemoryTables::Row& row) const {
    auto session = t_->sessions.find(row.session);
    return session == t_->sessions.end() || session->second.expires <= t_->now ||
           row.deadline + store::deadline_grace < t_->now;
  }

  std::vector<domain::JobRef> ready_of(domain::Queue queue) const {
    std::vector<domain::JobRef> refs;
    for (const auto& [id, row] : t_->jobs)
      if (row.state == State::ready && domain::job_kind(row.job.kind).queue == queue) refs.push_back(t_->ref_of(id));
    std::stable_sort(refs.begin(), refs.end(), [](const auto& a, const auto& b) { return a.priority < b.priority; });
    return refs;
  }

  std::vector<domain::Job> claim(SessionId session, domain::Queue queue, const std::vector<JobId>& ids,
                                 std::size_t jobs_max) {
    std::vector<domain::Job> jobs;
    if (!alive(session)) return jobs;
    for (JobId id : ids) {
      auto found = t_->jobs.find(id);
      if (jobs.size() >= jobs_max || found == t_->jobs.end() || found->second.state != State::ready ||
          domain::job_kind(found->second.job.kind).queue != queue)
        continue;
      auto& row = found->second;
      const auto& kind = domain::job_kind(row.job.kind);
      row.state = State::running;
      row.fence = Fence(row.fence.value() + 1);
      row.session = session;
      row.deadline = t_->now + kind.time_limit;
      domain::Job job;
      job.id = id;
      job.fence = row.fence;
      job.kind = row.job.kind;
      job.subject = row.job.subject;
      job.service = row.job.service;
      job.node = row.job.node;
      job.site = row.job.site;
      job.priority = number(row.job.priority);
      job.request_no = row.job.request_no;
      job.attempts_failed = row.attempts_failed;
      job.attempts_max = kind.attempts_max;
      job.time_limit = kind.time_limit;
      job.concurrency_key = row.job.concurrency_key;
      job.cancel = row.cancel;
      jobs.push_back(std::move(job));
    }
    return jobs;
  }

  void complete_one(const store::Finished& end, store::Completed& completed) {
    if (!held(end.id, end.fence)) {
      completed.stale.push_back(end.id);
      return;
    }
    completed.accepted.push_back(end.id);
    auto& row = t_->jobs.at(end.id);
    auto key = row.job.concurrency_key;
    auto limit = t_->limit_key_of(row.job);
    if (end.how == How::retry || end.how == How::release || end.how == How::park) {
      put_back(end, row, completed);
    } else {
      t_->ended[end.id] = {row.job, outcome_name(end.how), row.fence, row.crashes, end.error};
      t_->jobs.erase(end.id);
    }
    auto append = [&](const auto& refs) { completed.ready.insert(completed.ready.end(), refs.begin(), refs.end()); };
    append(t_->enqueue(end.follow_ups));
    if (!limit.empty()) append(t_->promote_limit(limit));
    if (!key.empty()) append(t_->promote_key(key));
  }

  void put_back(const store::Finished& end, MemoryTables::Row& row, store::Completed& completed) {
    row.fence = Fence(row.fence.value() + 1);
    row.session = {};
    row.parked = end.how == How::park;
    row.run_at = t_->now + (row.parked && known_to_the_living(row) ? std::chrono::seconds(2) : end.wait);
    row.attempts_failed += end.how == How::retry ? 1 : 0;
    bool at_once = end.wait.count() == 0 && row.job.concurrency_key.empty() && t_->limit_key_of(row.job).empty();
    row.state = at_once ? State::ready : State::waiting;
    if (at_once) completed.ready.push_back(t_->ref_of(end.id));
  }

  void take_back(JobId id, store::Swept& swept) {
    auto found = t_->jobs.find(id);
    if (found == t_->jobs.end()) return;
    auto& row = found->second;
    auto session = t_->sessions.find(row.session);
    row.crashes += session != t_->sessions.end() && session->second.draining ? 0 : 1;
    if (row.crashes >= store::crashes_max) {
      t_->ended[id] = {row.job, "dead", Fence(row.fence.value() + 1), row.crashes, "its worker vanished"};
      t_->jobs.erase(found);
      ++swept.dead;
      return;
    }
    bool at_once = row.crashes < 2;
    row.state = at_once ? State::ready : State::waiting;
    if (!at_once) row.run_at = t_->now + std::chrono::milliseconds(500) * (1 << row.crashes);
    row.fence = Fence(row.fence.value() + 1);
    row.session = {};
    if (at_once)
      swept.back.push_back(t_->ref_of(id));
    else
      swept.later.push_back(id);
  }

  std::shared_ptr<MemoryTables> t_;
  std::chrono::seconds clock_error_;
  std::map<domain::Queue, store::Turns> claim_turns_;
  std::map<domain::Queue, store::Turns> look_turns_;
};

}  // namespace

domain::JobRef MemoryTables::ref_of(JobId id) const {
  const auto& row = jobs.at(id);
  domain::JobRef ref;
  ref.id = id;
  ref.queue = domain::job_kind(row.job.kind).queue;
  ref.site = row.job.site;
  ref.service = row.job.service;
  ref.priority = number(row.job.priority);
  return ref;
}

bool MemoryTables::key_held(const std::string& key) const {
  return std::any_of(jobs.begin(), jobs.end(), [&](const auto& entry) {
    return entry.second.job.concurrency_key == key && entry.second.state != State::waiting;
  });
}

std::string MemoryTables::limit_key_of(const domain::NewJob& job) const {
  auto key = "site:" + std::to_string(job.site.value()) + "/" +
             std::string(to_string(domain::job_kind(job.kind).queue));
  return limits.contains(key) ? key : "";
}

int MemoryTables::holders(const std::string& limit, State state) const {
  return static_cast<int>(std::count_if(jobs.begin(), jobs.end(), [&](const auto& entry) {
    return entry.second.state == state && limit_key_of(entry.second.job) == limit;
  }));
}

int MemoryTables::limit_room(const std::string& key) {
  auto found = limits.find(key);
  int room = 1000;
  if (found == limits.end()) return room;
  auto& limit = found->second;
  int ready = holders(key, State::ready);
  if (limit.parallel > 0) room = limit.parallel - ready - holders(key, State::running);
  if (limit.per_minute > 0) {
    int burst = std::max(1, limit.per_minute / 10);
    double waited = std::chrono::duration<double>(now - limit.refilled).count();
    limit.tokens = std::min<double>(burst, limit.tokens + (limit.per_minute - burst + 1) / 60.0 * waited);
    limit.refilled = now;
    room = std::min({room, static_cast<int>(limit.tokens), burst - ready});
  }
  return std::max(room, 0);
}

void MemoryTables::make_ready(JobId id, std::vector<domain::JobRef>& ready) {
  auto& row = jobs.at(id);
  row.state = State::ready;
  auto limit = limits.find(limit_key_of(row.job));
  if (limit != limits.end() && limit->second.per_minute > 0) limit->second.tokens -= 1;
  ready.push_back(ref_of(id));
}

std::vector<domain::JobRef> MemoryTables::promote_key(const std::string& key) {
  std::vector<domain::JobRef> ready;
  if (key_held(key)) return ready;
  auto best = jobs.end();
  for (auto it = jobs.begin(); it != jobs.end(); ++it) {
    const auto& row = it->second;
    if (row.state != State::waiting || row.job.concurrency_key != key || row.run_at > now) continue;
    if (limit_room(limit_key_of(row.job)) == 0) continue;
    if (best == jobs.end() || number(row.job.priority) < number(best->second.job.priority)) best = it;
  }
  if (best != jobs.end()) make_ready(best->first, ready);
  return ready;
}

std::vector<domain::JobRef> MemoryTables::promote_limit(const std::string& key) {
  std::vector<domain::JobRef> ready;
  for (int room = limit_room(key); room > 0; --room) {
    auto best = jobs.end();
    for (auto it = jobs.begin(); it != jobs.end(); ++it) {
      const auto& row = it->second;
      if (row.state != State::waiting || limit_key_of(row.job) != key || row.run_at > now) continue;
      if (!row.job.concurrency_key.empty() && key_held(row.job.concurrency_key)) continue;
      if (best == jobs.end() || number(row.job.priority) < number(best->second.job.priority)) best = it;
    }
    if (best == jobs.end()) break;
    make_ready(best->first, ready);
  }
  return ready;
}

std::vector<domain::JobRef> MemoryTables::enqueue(const std::vector<domain::NewJob>& list) {
  std::vector<domain::JobRef> ready;
  auto append = [&](const auto& refs) { ready.insert(ready.end(), refs.begin(), refs.end()); };
  for (const auto& job : list) {
    bool live = !job.dedupe_key.empty() && std::any_of(jobs.begin(), jobs.end(), [&](const auto& entry) {
      return entry.second.job.dedupe_key == job.dedupe_key;
    });
    if (live) continue;
    JobId id(next_id++);
    auto& row = jobs[id];
    row.job = job;
    row.run_at = now + job.wait;
    auto limit = limit_key_of(job);
    bool at_once = job.wait.count() <= 0 && job.concurrency_key.empty() && limit.empty();
    row.state = at_once ? State::ready : State::waiting;
    if (at_once) ready.push_back(ref_of(id));
    if (at_once || job.wait.count() > 0) continue;
    if (!limit.empty()) append(promote_limit(limit));
    if (!job.concurrency_key.empty()) append(promote_key(job.concurrency_key));
  }
  return ready;
}

std::unique_ptr<store::JobStore> memory_job_store(std::shared_ptr<MemoryTables> tables,
                                                  std::chrono::seconds clock_error) {
  return std::make_unique<MemoryJobStore>(std::move(tables), clock_error);
}

}  // namespace certfleet::testing
