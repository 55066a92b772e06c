// The rules of JobStore (DESIGN section 3), for the real database and for the store of the simulation.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "lib/base/error.h"
#include "lib/store/job_limits.h"
#include "lib/store/job_store.h"
#include "lib/store/jobs.h"
#include "tests/support/database/database.h"
#include "tests/support/memory_store/memory_store.h"

namespace certfleet::store {
namespace {

using namespace std::chrono_literals;
using domain::Queue;
using How = Finished::How;

// A store, and what the tests must do behind its back.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::unique_ptr<JobStore> open() = 0;
  virtual std::vector<JobId> enqueue(const std::vector<domain::NewJob>& jobs) = 0;  // the ready ones
  virtual void lapse(SessionId session) = 0;
  virtual void make_due() = 0;        // the waiting jobs
  virtual void pass_deadlines() = 0;  // of the running jobs, by more than the grace
  virtual void ask_to_cancel(JobId id) = 0;
  virtual void limit_site(SiteId site, std::optional<int> parallel, std::optional<int> per_minute) = 0;  // its applies
  virtual void pass(std::chrono::seconds span) = 0;  // for the limits
  virtual std::string state(JobId id) = 0;    // "" if not live
  virtual std::string outcome(JobId id) = 0;  // "" if not ended
  virtual std::string error(JobId id) = 0;
};

std::vector<JobId> ids_of(const std::vector<domain::JobRef>& refs) {
  std::vector<JobId> ids;
  for (const auto& ref : refs) ids.push_back(ref.id);
  return ids;
}

class PostgresBackend final : public Backend {
 public:
  std::unique_ptr<JobStore> open() override { return postgres_job_store(db_.settings()); }
  std::vector<JobId> enqueue(const std::vector<domain::NewJob>& jobs) override {
    return ids_of(database_.writing([&](Tx& tx) {
      jobs::enqueue(tx, jobs);
      return tx.ready_jobs();
    }));
  }
  void lapse(SessionId session) override {
    db_.sql("UPDATE session SET expires_at = now() - interval '2 seconds' WHERE id = " + text(session.value()));
  }
  void make_due() override { db_.sql("UPDATE job SET run_at = now() WHERE job.state = 'waiting'"); }
  void pass_deadlines() override { db_.sql("UPDATE job SET run_deadline = now() - interval '61 seconds'"); }
  void ask_to_cancel(JobId id) override { db_.sql("UPDATE job SET cancel = true WHERE id = " + text(id.value())); }
  void limit_site(SiteId site, std::optional<int> parallel, std::optional<int> per_minute) override {
    db_.sql("INSERT INTO site (id, name) OVERRIDING SYSTEM VALUE VALUES (" + text(site.value()) + ", 'limited')");
    database_.write([&](Tx& tx) { job_limits::set(tx, {{}, site, Queue::apply}, parallel, per_minute); });
  }
  void pass(std::chrono::seconds span) override {
    db_.sql("UPDATE job_limit SET refilled_at = refilled_at - " + text(span.count()) + " * interval '1 second'");
  }
  std::string state(JobId id) override { return db_.sql("SELECT job.state FROM job WHERE id = " + text(id.value())); }
  std::string outcome(JobId id) override {
    return db_.sql("SELECT outcome::text FROM job_history WHERE id = " + text(id.value()) +
                   " UNION ALL SELECT 'dead' FROM job_dead WHERE id = " + text(id.value()));
  }
  std::string error(JobId id) override {
    return db_.sql("SELECT error FROM job_history WHERE id = " + text(id.value()) +
                   " UNION ALL SELECT error FROM job_dead WHERE id = " + text(id.value()));
  }

 private:
  static std::string text(std::int64_t number) { return std::to_string(number); }
  testing::TestDatabase db_;
  Database database_{db_.settings()};
};

class MemoryBackend final : public Backend {
 public:
  MemoryBackend() { tables_->now = Instant(1h); }
  std::unique_ptr<JobStore> open() override { return testing::memory_job_store(tables_); }
  std::vector<JobId> enqueue(const std::vector<domain::NewJob>& jobs) override {
    return ids_of(tables_->enqueue(jobs));
  }
  void lapse(SessionId session) override { tables_->sessions.at(session).expires = tables_->now - 2s; }
  void make_due() override {
    for (auto& [id, row] : tables_->jobs) row.run_at = std::min(row.run_at, tables_->now);
  }
  void pass_deadlines() override {
    for (auto& [id, row] : tables_->jobs) row.deadline = tables_->now - 61s;
  }
  void ask_to_cancel(JobId id) override { tables_->jobs.at(id).cancel = true; }
  void limit_site(SiteId site, std::optional<int> parallel, std::optional<int> per_minute) override {
    tables_->limits["site:" + std::to_string(site.value()) + "/apply"] = {
        parallel.value_or(0), per_minute.value_or(0), 1, tables_->now};
  }
  void pass(std::chrono::seconds span) override {
    for (auto& [key, limit] : tables_->limits) limit.refilled -= span;
  }
  std::string state(JobId id) override {
    static constexpr std::array names = {"waiting", "ready", "running"};
    auto found = tables_->jobs.find(id);
    return found == tables_->jobs.end() ? "" : names[static_cast<std::size_t>(found->second.state)];
  }
  std::string outcome(JobId id) override { return tables_->ended.contains(id) ? tables_->ended.at(id).outcome : ""; }
  std::string error(JobId id) override { return tables_->ended.at(id).error; }

 private:
  std::shared_ptr<testing::MemoryTables> tables_ = std::make_shared<testing::MemoryTables>();
};

using MakeBackend = std::unique_ptr<Backend> (*)();

class JobStoreRules : public ::testing::TestWithParam<MakeBackend> {
 protected:
  std::unique_ptr<Backend> backend = GetParam()();
  std::unique_ptr<JobStore> store = backend->open();

  SessionId session() { return store->open_session({Queue::apply, SiteId(), "host", 1, 4}, 15s); }
  std::vector<JobId> enqueue(int count, const domain::NewJob& job = {.kind = "apply.run"}) {
    return backend->enqueue(std::vector(static_cast<std::size_t>(count), job));
  }
  static std::vector<JobId> ids(const std::vector<domain::Job>& jobs) {
    std::vector<JobId> list;
    for (const auto& job : jobs) list.push_back(job.id);
    return list;
  }
  static Finished finished(const domain::Job& job, How how = How::done) {
    Finished end;
    end.id = job.id;
    end.fence = job.fence;
    end.kind = job.kind;
    end.concurrency_key = job.concurrency_key;
    end.how = how;
    return end;
  }
};

TEST_P(JobStoreRules, a_ready_job_is_claimed_once_with_a_new_fence) {
  auto ids = enqueue(1);
  ASSERT_EQ(ids.size(), 1u);
  auto s = session();
  auto claimed = store->claim_offered(s, Queue::apply, ids);
  ASSERT_EQ(claimed.size(), 1u);
  EXPECT_EQ(claimed[0].fence, Fence(1));
  EXPECT_EQ(claimed[0].kind, "apply.run");
  EXPECT_EQ(claimed[0].time_limit, 300s);
  EXPECT_TRUE(store->claim_offered(s, Queue::apply, ids).empty());
  EXPECT_TRUE(store->claim_ready(s, Queue::apply, SiteId(), 10).empty());
}

TEST_P(JobStoreRules, claims_go_by_urgency_then_age) {
  auto old = enqueue(2);
  auto urgent = enqueue(1, {.kind = "apply.run", .priority = domain::Priority::person});
  auto claimed = store->claim_ready(session(), Queue::apply, SiteId(), 2);
  ASSERT_EQ(claimed.size(), 2u);
  EXPECT_EQ(claimed[0].id, urgent[0]);
  EXPECT_EQ(claimed[1].id, old[0]);
}

TEST_P(JobStoreRules, a_claim_takes_from_each_site_and_service_as_evenly_as_they_have_it) {
  auto many = enqueue(20, {.kind = "apply.run", .service = ServiceId(71), .site = SiteId(1)});
  auto other = enqueue(20, {.kind = "apply.run", .service = ServiceId(72), .site = SiteId(1)});
  auto single = enqueue(1, {.kind = "apply.run", .service = ServiceId(71)});
  auto claimed = ids(store->claim_ready(session(), Queue::apply, SiteId(), 9));
  EXPECT_EQ(claimed, (std::vector<JobId>{many[0], many[1], many[2], many[3], other[0], other[1], other[2], other[3],
                                         single[0]}));
}

TEST_P(JobStoreRules, a_claim_is_full_though_only_one_service_has_many) {
  enqueue(1, {.kind = "apply.run", .service = ServiceId(71)});
  enqueue(30, {.kind = "apply.run", .service = ServiceId(72)});
  enqueue(2, {.kind = "apply.run", .service = ServiceId(73)});
  EXPECT_EQ(store->claim_ready(session(), Queue::apply, SiteId(), 20).size(), 20u);
  EXPECT_EQ(store->claim_ready(session(), Queue::apply, SiteId(), 20).size(), 13u);
}

TEST_P(JobStoreRules, claims_go_around_the_sites_and_services) {
  for (int site : {1, 2})
    for (int service : {71, 72}) enqueue(5, {.kind = "apply.run", .service = ServiceId(service), .site = SiteId(site)});
  auto s = session();
  std::vector<std::pair<int, int>> order;
  for (int i = 0; i < 6; ++i)
    for (const auto& job : store->claim_ready(s, Queue::apply, SiteId(), 1))
      order.emplace_back(job.site.value(), job.service.value());
  EXPECT_EQ(order, (std::vector<std::pair<int, int>>{{1, 71}, {1, 72}, {2, 71}, {2, 72}, {1, 71}, {1, 72}}));
  order.clear();
  for (int i = 0; i < 3; ++i)
    for (const auto& job : store->claim_ready(s, Queue::apply, SiteId(2), 1))
      order.emplace_back(job.site.value(), job.service.value());
  EXPECT_EQ(order, (std::vector<std::pair<int, int>>{{2, 71}, {2, 72}, {2, 71}})) << "a worker of site 2";
}

TEST_P(JobStoreRules, each_eighth_claim_begins_with_the_less_urgent) {
  enqueue(200, {.kind = "apply.run", .priority = domain::Priority::person});
  enqueue(20, {.kind = "apply.run", .priority = domain::Priority::machine});
  enqueue(2, {.kind = "apply.run", .priority = domain::Priority::bulk});
  auto s = session();
  std::map<int, int> claimed;
  for (int i = 1; i <= 64; ++i) {
    auto job = store->claim_ready(s, Queue::apply, SiteId(), 1).at(0);
    EXPECT_EQ(job.priority == 0, i % 8 != 0) << i;
    ++claimed[job.priority];
  }
  EXPECT_EQ(claimed, (std::map<int, int>{{0, 56}, {4, 7}, {8, 1}}));
}

TEST_P(JobStoreRules, a_look_sees_something_of_every_priority_site_and_service) {
  enqueue(100, {.kind = "apply.run", .service = ServiceId(71), .site = SiteId(1)});
  auto single = enqueue(1, {.kind = "apply.run", .service = ServiceId(72), .site = SiteId(1)});
  auto elsewhere = enqueue(1, {.kind = "apply.run", .service = ServiceId(71), .site = SiteId(2)});
  auto bulk = enqueue(50, {.kind = "apply.run", .priority = domain::Priority::bulk});
  auto found = ids_of(store->ready_jobs(Queue::apply, 32));
  EXPECT_GE(found.size(), 28u);
  EXPECT_LE(found.size(), 32u);
  for (auto id : {single[0], elsewhere[0], bulk[0]}) EXPECT_EQ(std::count(found.begin(), found.end(), id), 1);
}

TEST_P(JobStoreRules, looks_go_around_when_there_are_more_services_than_fit) {
  std::set<ServiceId> seen;
  for (int service = 1; service <= 20; ++service) enqueue(3, {.kind = "apply.run", .service = ServiceId(service)});
  for (int i = 0; i < 3; ++i)
    for (const auto& ref : store->ready_jobs(Queue::apply, 8)) seen.insert(ref.service);
  EXPECT_EQ(seen.size(), 20u);
}

TEST_P(JobStoreRules, a_worker_of_a_site_takes_jobs_of_that_site_or_of_none) {
  auto none = enqueue(1);
  auto tokyo = enqueue(1, {.kind = "apply.run", .site = SiteId(1)});
  enqueue(1, {.kind = "apply.run", .site = SiteId(2)});
  auto claimed = store->claim_ready(session(), Queue::apply, SiteId(1), 10);
  ASSERT_EQ(claimed.size(), 2u);
  EXPECT_EQ(claimed[0].id, none[0]);
  EXPECT_EQ(claimed[1].id, tokyo[0]);
}

TEST_P(JobStoreRules, a_lapsed_session_can_neither_claim_nor_live_again) {
  auto ids = enqueue(1);
  auto s = session();
  backend->lapse(s);
  EXPECT_TRUE(store->claim_offered(s, Queue::apply, ids).empty());
  EXPECT_TRUE(store->claim_ready(s, Queue::apply, SiteId(), 1).empty());
  EXPECT_FALSE(store->renew(s, 15s, false).alive);
  EXPECT_EQ(backend->state(ids[0]), "ready");
}

TEST_P(JobStoreRules, a_stale_fence_writes_nothing) {
  enqueue(1);
  auto s = session();
  auto old = store->claim_ready(s, Queue::apply, SiteId(), 1).at(0);
  backend->lapse(s);
  EXPECT_EQ(store->sweep(10).back.size(), 1u);
  auto current = store->claim_ready(session(), Queue::apply, SiteId(), 1).at(0);
  EXPECT_EQ(current.fence, Fence(3)) << "taking back and claiming raise it by one each";

  auto end = finished(old);
  auto completed = store->complete({end});
  EXPECT_EQ(completed.stale, std::vector{old.id});
  EXPECT_TRUE(completed.accepted.empty());
  EXPECT_THROW(store->commit_guarded(old.id, old.fence, [](Tx&) { FAIL(); }), Failure);
  EXPECT_EQ(backend->state(old.id), "running");
  EXPECT_EQ(store->complete({finished(current)}).accepted.size(), 1u);
}

TEST_P(JobStoreRules, the_end_of_a_job_is_accepted_once) {
  enqueue(1);
  auto job = store->claim_ready(session(), Queue::apply, SiteId(), 1).at(0);
  EXPECT_EQ(store->complete({finished(job)}).accepted.size(), 1u);
  EXPECT_EQ(store->complete({finished(job)}).stale.size(), 1u);
  EXPECT_EQ(backend->outcome(job.id), "done");
}

TEST_P(JobStoreRules, of_two_attempts_that_end_in_one_batch_only_the_one_that_holds_the_job_counts) {
  auto ids = enqueue(1);
  auto first = session();
  auto old_attempt = store->claim_offered(first, Queue::apply, ids).at(0);
  backend->lapse(first);
  store->sweep(10);
  auto new_attempt = store->claim_offered(session(), Queue::apply, ids).at(0);

  for (bool old_one_first : {true, false}) {
    SCOPED_TRACE(old_one_first);
    int stale_writes = 0;
    auto too_late = finished(old_attempt, How::failed);
    too_late.writes.push_back([&](Tx&) { ++stale_writes; });
    auto in_time = finished(new_attempt, old_one_first ? How::release : How::done);
    auto completed = store->complete(old_one_first ? std::vector{too_late, in_time} : std::vector{in_time, too_late});
    EXPECT_EQ(completed.accepted, ids);
    EXPECT_EQ(completed.stale, ids);
    EXPECT_EQ(stale_writes, 0);
    if (old_one_first) new_attempt = store->claim_offered(session(), Queue::apply, ids).at(0);
  }
  EXPECT_EQ(backend->outcome(ids[0]), "done");
}

TEST_P(JobStoreRules, a_failed_attempt_waits_and_is_counted) {
  auto ids = enqueue(1);
  auto job = store->claim_ready(session(), Queue::apply, SiteId(), 1).at(0);
  auto back = finished(job, How::retry);
  back.wait = 60s;
  back.error = "no answer";
  store->complete({back});
  EXPECT_EQ(backend->state(ids[0]), "waiting");
  EXPECT_TRUE(store->promote_due(10).empty());
  backend->make_due();
  EXPECT_EQ(store->promote_due(10).size(), 1u);
  EXPECT_EQ(store->claim_ready(session(), Queue::apply, SiteId(), 1).at(0).attempts_failed, 1);
}

TEST_P(JobStoreRules, a_released_job_is_ready_at_once_and_counts_no_attempt) {
  auto ids = enqueue(1);
  auto job = store->claim_ready(session(), Queue::apply, SiteId(), 1).at(0);
  EXPECT_EQ(store->complete({finished(job, How::release)}).ready.size(), 1u);
  EXPECT_EQ(store->claim_ready(session(), Queue::apply, SiteId(), 1).at(0).attempts_failed, 0);
}

TEST_P(JobStoreRules, one_concurrency_key_is_held_by_one_job) {
  domain::NewJob keyed{.kind = "apply.run", .concurrency_key = "access:1"};
  EXPECT_EQ(enqueue(3, keyed).size(), 1u) << "the others wait";
  auto s = session();
  auto first = store->claim_ready(s, Queue::apply, SiteId(), 10);
  ASSERT_EQ(first.size(), 1u);
  EXPECT_TRUE(store->promote_due(10).empty());
  auto completed = store->complete({finished(first[0])});
  EXPECT_EQ(completed.ready.size(), 1u) << "the end of one makes the next ready";
  EXPECT_EQ(store->claim_ready(s, Queue::apply, SiteId(), 10).size(), 1u);
}

TEST_P(JobStoreRules, a_keyed_job_that_waits_for_its_retry_lets_others_use_the_key) {
  domain::NewJob keyed{.kind = "apply.run", .concurrency_key = "access:1"};
  enqueue(2, keyed);
  auto s = session();
  auto first = store->claim_ready(s, Queue::apply, SiteId(), 10).at(0);
  auto back = finished(first, How::retry);
  back.wait = 60s;
  EXPECT_EQ(store->complete({back}).ready.size(), 1u);
}

TEST_P(JobStoreRules, a_limit_is_held_by_so_many_jobs_at_once) {
  backend->limit_site(SiteId(7), 2, {});
  domain::NewJob limited{.kind = "apply.run", .site = SiteId(7)};
  EXPECT_EQ(enqueue(5, limited).size(), 2u) << "the others wait";
  EXPECT_EQ(enqueue(1).size(), 1u) << "what falls under no limit does not";
  EXPECT_TRUE(store->promote_due(10).empty()) << "ready ones hold it too";
  auto s = session();
  std::vector<domain::Job> held;
  for (auto& job : store->claim_ready(s, Queue::apply, SiteId(), 10))
    if (job.site == SiteId(7)) held.push_back(std::move(job));
  ASSERT_EQ(held.size(), 2u);
  EXPECT_TRUE(store->promote_due(10).empty());
  EXPECT_EQ(store->complete({finished(held[0])}).ready.size(), 1u) << "the end of one makes the next ready";
  EXPECT_TRUE(store->complete({finished(held[0])}).ready.empty()) << "a stale end frees nothing";
  EXPECT_EQ(store->complete({finished(held[1], How::release)}).ready.size(), 1u);
}

TEST_P(JobStoreRules, a_lost_worker_leaks_no_limit) {
  backend->limit_site(SiteId(7), 1, {});
  enqueue(3, {.kind = "apply.run", .site = SiteId(7)});
  int dead = 0;
  for (int lost = 1; lost <= 3 * crashes_max; ++lost) {
    auto s = session();
    ASSERT_EQ(store->claim_ready(s, Queue::apply, SiteId(), 10).size(), 1u);
    backend->lapse(s);
    auto swept = store->sweep(10);
    dead += swept.dead;
    backend->make_due();
    auto next = store->promote_due(10);
    EXPECT_EQ(swept.back.size() + next.size(), lost == 3 * crashes_max ? 0u : 1u) << "it is back, or another's turn";
  }
  EXPECT_EQ(dead, 3);
}

TEST_P(JobStoreRules, a_limited_job_with_a_key_needs_both) {
  backend->limit_site(SiteId(7), 2, {});
  domain::NewJob both{.kind = "apply.run", .site = SiteId(7), .concurrency_key = "access:1"};
  EXPECT_EQ(enqueue(2, both).size(), 1u) << "the key is held";
  EXPECT_EQ(enqueue(2, {.kind = "apply.run", .site = SiteId(7)}).size(), 1u) << "room for two";
  auto s = session();
  auto held = store->claim_ready(s, Queue::apply, SiteId(), 10);
  ASSERT_EQ(held.size(), 2u);
  EXPECT_EQ(store->complete({finished(held[0]), finished(held[1])}).ready.size(), 2u);
}

TEST_P(JobStoreRules, what_a_person_started_gets_a_limits_room_first) {
  backend->limit_site(SiteId(7), 1, {});
  enqueue(2, {.kind = "apply.run", .site = SiteId(7)});
  auto held = store->claim_ready(session(), Queue::apply, SiteId(), 10).at(0);
  enqueue(1, {.kind = "apply.run", .site = SiteId(7), .priority = domain::Priority::person});
  auto next = store->complete({finished(held)}).ready;
  ASSERT_EQ(next.size(), 1u);
  EXPECT_EQ(next[0].priority, 0);
}

TEST_P(JobStoreRules, a_rate_lets_so_many_become_ready_in_a_minute) {
  backend->limit_site(SiteId(7), {}, 20);
  EXPECT_EQ(enqueue(40, {.kind = "apply.run", .site = SiteId(7)}).size(), 1u) << "the bucket starts with one token";
  auto s = session();
  std::size_t claimed = store->claim_ready(s, Queue::apply, SiteId(), 40).size();
  EXPECT_EQ(claimed, 1u);
  for (int second = 0; second < 60; second += 5) {
    backend->pass(5s);
    store->promote_due(40);
    claimed += store->claim_ready(s, Queue::apply, SiteId(), 40).size();
  }
  EXPECT_LE(claimed, 20u);
  EXPECT_GE(claimed, 18u);
  backend->pass(600s);
  EXPECT_EQ(store->promote_due(40).size(), 2u) << "a tenth of a minute's jobs at once";
  backend->pass(600s);
  EXPECT_EQ(store->promote_due(40).size(), 0u) << "those that are ready are not claimed yet";
}

TEST_P(JobStoreRules, a_job_that_takes_its_workers_with_it_dies) {
  auto ids = enqueue(1);
  for (int crash = 1; crash <= crashes_max; ++crash) {
    auto s = session();
    ASSERT_EQ(store->claim_ready(s, Queue::apply, SiteId(), 1).size(), 1u);
    backend->lapse(s);
    auto swept = store->sweep(10);
    EXPECT_EQ(swept.dead, crash == crashes_max ? 1 : 0);
    EXPECT_EQ(swept.sessions, 1);
    backend->make_due();
    store->promote_due(10);
  }
  EXPECT_EQ(backend->outcome(ids[0]), "dead");
  EXPECT_EQ(backend->state(ids[0]), "") << "no longer among the live";
}

TEST_P(JobStoreRules, a_job_that_was_lost_again_waits_a_while_apart_from_those_lost_with_it) {
  auto ids = enqueue(1);
  auto lose = [&] {
    auto s = session();
    EXPECT_EQ(store->claim_ready(s, Queue::apply, SiteId(), 1).size(), 1u);
    backend->lapse(s);
    return store->sweep(10);
  };
  EXPECT_EQ(lose().back.size(), 1u) << "the first time may be anybody's fault";
  auto again = lose();
  EXPECT_TRUE(again.back.empty());
  EXPECT_EQ(again.later, ids);
  EXPECT_EQ(backend->state(ids[0]), "waiting");
  backend->make_due();
  EXPECT_EQ(store->promote_due(10).size(), 1u);
}

TEST_P(JobStoreRules, a_drain_that_was_cut_short_is_no_crash_of_its_jobs) {
  auto ids = enqueue(1);
  for (int i = 0; i <= crashes_max; ++i) {
    auto s = session();
    ASSERT_EQ(store->claim_ready(s, Queue::apply, SiteId(), 1).size(), 1u);
    ASSERT_TRUE(store->renew(s, 15s, true).alive);
    backend->lapse(s);
    auto swept = store->sweep(10);
    EXPECT_EQ(swept.back.size(), 1u) << i;
    EXPECT_EQ(swept.dead, 0);
  }
  EXPECT_EQ(backend->state(ids[0]), "ready");
}

TEST_P(JobStoreRules, a_dead_job_is_kept_with_its_last_error) {
  auto ids = enqueue(1);
  auto end = finished(store->claim_ready(session(), Queue::apply, SiteId(), 1).at(0), How::dead);
  end.error = "no answer";
  end.error_id = 1810;
  store->complete({end});
  EXPECT_EQ(backend->outcome(ids[0]), "dead");
  EXPECT_EQ(backend->error(ids[0]), "no answer");
}

TEST_P(JobStoreRules, a_hung_job_is_taken_back_though_its_session_lives) {
  auto ids = enqueue(1);
  store->claim_ready(session(), Queue::apply, SiteId(), 1);
  EXPECT_TRUE(store->sweep(10).back.empty());
  backend->pass_deadlines();
  EXPECT_EQ(store->sweep(10).back.size(), 1u);
}

TEST_P(JobStoreRules, a_job_of_a_kind_that_its_worker_does_not_know_waits_for_one_that_does) {
  auto ids = enqueue(1);
  auto older = store->open_session({Queue::apply, SiteId(), "old", 1, 4, {"apply.other"}, {}}, 15s);
  auto end = finished(store->claim_ready(older, Queue::apply, SiteId(), 1).at(0), How::park);
  end.wait = park_time;
  EXPECT_EQ(store->complete({end}).accepted, ids);
  EXPECT_EQ(backend->state(ids[0]), "waiting");
  EXPECT_TRUE(store->promote_due(10).empty()) << "it does not come back at once";
  store->open_session({Queue::apply, SiteId(), "old", 2, 4, {"apply.other"}, {}}, 15s);
  EXPECT_TRUE(store->promote_due(10).empty()) << "another one that does not know it";
  auto newer = store->open_session({Queue::apply, SiteId(), "new", 3, 4, {"apply.other", "apply.run"}, {}}, 15s);
  EXPECT_EQ(ids_of(store->promote_due(10)), ids);
  auto job = store->claim_ready(newer, Queue::apply, SiteId(), 1).at(0);
  EXPECT_EQ(job.attempts_failed, 0);
  EXPECT_EQ(store->complete({finished(job)}).accepted, ids);
  EXPECT_EQ(backend->outcome(ids[0]), "done");
}

TEST_P(JobStoreRules, a_parked_job_lets_others_use_its_key) {
  domain::NewJob keyed{.kind = "apply.run", .concurrency_key = "access:1"};
  enqueue(2, keyed);
  auto end = finished(store->claim_ready(session(), Queue::apply, SiteId(), 10).at(0), How::park);
  end.wait = park_time;
  EXPECT_EQ(store->complete({end}).ready.size(), 1u);
}

TEST_P(JobStoreRules, a_live_dedupe_key_is_not_enqueued_again) {
  domain::NewJob once{.kind = "verify.node", .dedupe_key = "verify:1"};
  EXPECT_EQ(backend->enqueue({once}).size(), 1u);
  EXPECT_EQ(backend->enqueue({once}).size(), 0u);
}

TEST_P(JobStoreRules, a_renewal_tells_which_jobs_are_to_be_cancelled) {
  auto ids = enqueue(2);
  auto s = session();
  store->claim_ready(s, Queue::apply, SiteId(), 2);
  backend->ask_to_cancel(ids[1]);
  auto beat = store->renew(s, 15s, false);
  EXPECT_TRUE(beat.alive);
  EXPECT_EQ(beat.cancelled, std::vector{ids[1]});
}

TEST_P(JobStoreRules, a_job_whose_claim_was_never_answered_is_released) {
  auto ids = enqueue(2);
  auto s = session();
  store->claim_ready(s, Queue::apply, SiteId(), 2);
  auto released = store->release_unknown(s, {ids[1]});
  ASSERT_EQ(released.size(), 1u);
  EXPECT_EQ(released[0].id, ids[0]);
  EXPECT_EQ(backend->state(ids[0]), "ready");
  EXPECT_EQ(backend->state(ids[1]), "running");
}

INSTANTIATE_TEST_SUITE_P(Postgres, JobStoreRules, ::testing::Values([]() -> std::unique_ptr<Backend> {
                           return std::make_unique<PostgresBackend>();
                         }));
INSTANTIATE_TEST_SUITE_P(Memory, JobStoreRules, ::testing::Values([]() -> std::unique_ptr<Backend> {
                           return std::make_unique<MemoryBackend>();
                         }));

}  // namespace
}  // namespace certfleet::store
