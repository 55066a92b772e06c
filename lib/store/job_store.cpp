#include "lib/store/job_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <pqxx/pqxx>

#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/store/arrays.h"
#include "lib/store/completion.h"
#include "lib/store/job_rows.h"
#include "lib/store/jobs.h"
#include "lib/store/looks.h"
#include "lib/store/sql.h"
#include "lib/store/turns.h"

namespace certfleet::store {
namespace {

// Held by the store that listens for a queue and site: "ear" with the queue behind it, and the site. (Of two sites
// whose numbers agree in the last 32 bits only one would have a listener.)
constexpr std::int32_t ear_lock = 0x65617200;

constexpr int unparked_max = 10'000;  // of one opening: more would make it slow; the rest comes due by itself

double seconds_of(WallTime time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

std::string prepared_query(Tx& tx, std::string_view name) {
  return tx.prepared(name, sql::query(name));
}

// Where the columns of a claim's answer stand: looked up once, not for each row.
struct JobColumns {
  explicit JobColumns(const pqxx::result& rows)
      : id(rows.column_number("id")),
        fence(rows.column_number("fence")),
        kind(rows.column_number("kind")),
        subject(rows.column_number("subject_id")),
        service(rows.column_number("service_id")),
        node(rows.column_number("node_id")),
        site(rows.column_number("site_id")),
        priority(rows.column_number("priority")),
        request_no(rows.column_number("request_no")),
        attempts_failed(rows.column_number("attempts_failed")),
        attempts_max(rows.column_number("attempts_max")),
        time_limit(rows.column_number("time_limit_s")),
        concurrency_key(rows.column_number("concurrency_key")),
        cancel(rows.column_number("cancel")) {}
  pqxx::row::size_type id, fence, kind, subject, service, node, site, priority, request_no, attempts_failed,
      attempts_max, time_limit, concurrency_key, cancel;
};

domain::Job job_of(const pqxx::row& row, const JobColumns& at) {
  domain::Job job;
  job.id = JobId(row[at.id].as<std::int64_t>());
  job.fence = Fence(row[at.fence].as<std::int64_t>());
  job.kind = row[at.kind].c_str();
  job.subject = row[at.subject].as<std::int64_t>();
  job.service = ServiceId(row[at.service].as<std::int64_t>(0));
  job.node = NodeId(row[at.node].as<std::int64_t>(0));
  job.site = SiteId(row[at.site].as<std::int64_t>(0));
  job.priority = row[at.priority].as<std::int16_t>();
  job.request_no = row[at.request_no].as<int>();
  job.attempts_failed = row[at.attempts_failed].as<int>();
  job.attempts_max = row[at.attempts_max].as<int>();
  job.time_limit = std::chrono::seconds(row[at.time_limit].as<std::int64_t>());
  job.concurrency_key = row[at.concurrency_key].c_str();
  job.cancel = row[at.cancel].as<bool>();
  return job;
}

std::vector<domain::Job> jobs_of(const pqxx::result& rows, SessionId session) {
  std::vector<domain::Job> jobs;
  jobs.reserve(rows.size());
  JobColumns at(rows);
  for (const auto& row : rows) {
    jobs.push_back(job_of(row, at));
    jobs.back().session = session;
  }
  // UPDATE returns in no promised order; the most urgent and oldest run first.
  std::sort(jobs.begin(), jobs.end(), [](const auto& a, const auto& b) {
    return std::pair(a.priority, a.id) < std::pair(b.priority, b.id);
  });
  return jobs;
}

std::vector<domain::JobRef> refs_of(const std::vector<domain::Job>& jobs, domain::Queue queue) {
  std::vector<domain::JobRef> refs;
  refs.reserve(jobs.size());
  for (const auto& job : jobs) refs.push_back({job.id, queue, job.site, job.service, job.priority});
  return refs;
}

class PostgresJobStore final : public JobStore {
 public:
  explicit PostgresJobStore(DatabaseSettings settings) : database_(std::move(settings)) {}

  SessionId open_session(const SessionInfo& info, std::chrono::seconds life) override {
    return database_.writing([&](Tx& tx) {
      auto row = tx.raw().exec_params1(
          "INSERT INTO session (queue, host, pid, site_id, slots, expires_at, kinds, sealing_keys, "
          "clock_error_s)"
          " VALUES ($1::job_queue, $2, $3, nullif($4::bigint, 0), $5, now() + make_interval(secs => $6), "
          "$7::text[],"
          "         $8::text[], $9 - extract(epoch FROM clock_timestamp())) RETURNING id",
          std::string(to_string(info.queue)), info.host, info.pid, info.site.value(), info.slots,
          life.count(), array_literal(info.kinds), array_literal(info.sealing_keys),
          seconds_of(SystemClock().wall()));
      if (!info.kinds.empty())
        tx.raw().exec_prepared(prepared_query(tx, "unpark"), std::string(to_string(info.queue)),
                               array_literal(info.kinds), unparked_max);
      return SessionId(row[0].as<std::int64_t>());
    });
  }

  Heartbeat renew(SessionId session, std::chrono::seconds life, bool draining) override {
    return database_.writing([&](Tx& tx) {
      Heartbeat beat;
      auto renewed = tx.raw().exec_params(
          "UPDATE session SET expires_at = now() + make_interval(secs => $2), seen_at = now(), draining = $3,"
          " clock_error_s = $4 - extract(epoch FROM clock_timestamp()) WHERE id = $1 AND expires_at > now()",
          session.value(), life.count(), draining, seconds_of(SystemClock().wall()));
      beat.alive = renewed.affected_rows() == 1;
      for (const auto& row : tx.raw().exec_params(
               "SELECT id FROM job WHERE cancel AND session_id = $1", session.value()))
        beat.cancelled.emplace_back(row[0].as<std::int64_t>());
      return beat;
    });
  }

  void report_sealing_keys(SessionId session, const std::vector<std::string>& ids) override {
    database_.write([&](Tx& tx) {
      tx.raw().exec_params("UPDATE session SET sealing_keys = $2::text[] WHERE id = $1", session.value(),
                           array_literal(ids));
    });
  }

  void close_session(SessionId session) override {
    database_.write(
        [&](Tx& tx) { tx.raw().exec_params("DELETE FROM session WHERE id = $1", session.value()); });
  }

  std::vector<domain::Job> claim_offered(SessionId session, domain::Queue queue,
                                         std::vector<JobId> ids) override {
    if (ids.empty()) return {};
    std::sort(ids.begin(), ids.end());  // every batch locks in the order of ids
    ArrayLiteral literal;
    for (auto id : ids) literal.add(id.value());
    std::vector<domain::Job> jobs;
    database_.write_at_once([&](Tx& tx) {
      auto rows = tx.raw().exec_prepared(prepared_query(tx, "claim_offered"), session.value(),
                                         std::string(to_string(queue)), literal.take());
      jobs = jobs_of(rows, session);
    });
    return jobs;
  }

  std::vector<domain::Job> claim_ready(SessionId session, domain::Queue queue, SiteId site,
                                       int jobs_max) override {
    auto& looks = claim_looks_[queue];
    if (looks.resting(Monotonic::now())) return {};
    return looks.look(jobs_max, [&](bool whole) {
      std::vector<domain::Job> jobs;
      database_.write_at_once([&](Tx& tx) {
        const auto site_value = site.value();
        auto& turns = claim_turns_[queue];
        jobs = jobs_of(tx.raw().exec_prepared(prepared_query(tx, "claim_ready"), session.value(),
                                              std::string(to_string(queue)), site ? &site_value : nullptr, jobs_max,
                                              turns.skip(), turns.after().site.value(),
                                              turns.after().service.value(), whole),
                       session);
        turns.served(refs_of(jobs, queue));
      });
      return jobs;
    });
  }

  std::vector<domain::JobRef> release_unknown(SessionId session, const std::vector<JobId>& known) override {
    ArrayLiteral literal;
    for (auto id : known) literal.add(id.value());
    return database_.writing([&](Tx& tx) {
      std::vector<domain::JobRef> ready;
      for (const auto& row :
           tx.raw().exec_prepared(prepared_query(tx, "release_unknown"), session.value(), literal.take()))
        ready.push_back(jobs::job_ref(row));
      return ready;
    });
  }

  bool listen(domain::Queue queue, SiteId site) override {
    if (database_.listens()) return true;
    ear_ = {queue, site};
    // After a LISTEN that failed, the lock may be there already: taken twice or once, it ends with the connection.
    if (!database_.try_advisory_lock(ear_lock + static_cast<std::int32_t>(queue),
                                     static_cast<std::int32_t>(site.value())))
      return false;
    database_.listen(jobs::channel);
    return true;
  }

  int socket() const override { return database_.listens() ? database_.socket() : -1; }

  std::vector<domain::JobRef> heard() override {
    std::vector<domain::JobRef> refs;
    if (!database_.listens()) return refs;
    const auto [queue, site] = ear_;
    for (const auto& [channel, notice] : database_.notifications()) {
      auto ref = jobs::job_of_notice(notice);
      if (ref && ref->queue == queue && (!site || !ref->site || ref->site == site)) refs.push_back(*ref);
    }
    return refs;
  }

  Completed complete(const std::vector<Finished>& batch) override { return complete_batch(database_, batch); }

  std::vector<domain::JobRef> commit_guarded(JobId job, Fence fence,
                                             const std::function<void(Tx&)>& body) override {
    return database_.writing([&](Tx& tx) {
      // The share lock keeps a sweeper from taking the job back between this look and the commit.
      auto held = tx.raw().exec_params(
          "SELECT 1 FROM job WHERE id = $1 AND fence = $2 AND session_id IS NOT NULL FOR SHARE", job.value(),
          fence.value());
      if (held.empty())
        throw Failure(Fault::stale, fmt::format("job {} is no longer held by this attempt", job.value()));
      body(tx);
      return std::move(tx.ready_jobs());
    });
  }

  void read(const std::function<void(Tx&)>& body) override { database_.read(body); }

  Swept sweep(int jobs_max) override {
    return database_.writing([&](Tx& tx) {
      Swept swept;
      auto began = Monotonic::now();
      bool whole = sweeps_.due(began);
      auto rows = tx.raw().exec_prepared(prepared_query(tx, "sweep"), jobs_max, crashes_max,
                                         static_cast<double>(deadline_grace.count()), whole);
      if (whole) sweeps_.took(began, Monotonic::now());
      for (const auto& row : rows) {
        if (row["dead"].as<bool>())
          ++swept.dead;
        else if (row["ready"].as<bool>())
          swept.back.push_back(jobs::job_ref(row));
        else
          swept.later.emplace_back(row["id"].as<std::int64_t>());
      }
      swept.sessions = tx.raw().exec1("SELECT forget_sessions()")[0].as<int>();
      return swept;
    });
  }

  std::vector<domain::JobRef> promote_due(int jobs_max) override {
    return database_.writing([&](Tx& tx) {
      std::vector<domain::JobRef> ready;
      for (const auto& row : tx.raw().exec_prepared(prepared_query(tx, "promote_due"), jobs_max))
        ready.push_back(jobs::job_ref(row));
      return ready;
    });
  }

  std::vector<domain::JobRef> ready_jobs(domain::Queue queue, int jobs_max) override {
    return offer_looks_[queue].look(jobs_max, [&](bool whole) {
      return database_.reading([&](Tx& tx) {
        std::vector<domain::JobRef> ready;
        auto& turns = offer_turns_[queue];
        for (const auto& row :
             tx.raw().exec_prepared(prepared_query(tx, "ready_jobs"), std::string(to_string(queue)), jobs_max,
                                    turns.after().site.value(), turns.after().service.value(), whole))
          ready.push_back(jobs::job_ref(row));
        turns.served(ready);
        return ready;
      });
    });
  }

 private:
  Database database_;
  std::pair<domain::Queue, SiteId> ear_;  // for whom it listens, if it does
  Pace sweeps_{std::chrono::milliseconds(50),
               std::chrono::minutes(1)};  // of those that look at all running jobs
  std::map<domain::Queue, Looks> claim_looks_;
  std::map<domain::Queue, Turns> claim_turns_;
  std::map<domain::Queue, Looks> offer_looks_;
  std::map<domain::Queue, Turns> offer_turns_;
};

}  // namespace

std::unique_ptr<JobStore> postgres_job_store(DatabaseSettings settings) {
  settings.always_by_index = true;
  return std::make_unique<PostgresJobStore>(std::move(settings));
}

}  // namespace certfleet::store
