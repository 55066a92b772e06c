#include "lib/store/completion.h"

#include <algorithm>
#include <pqxx/pqxx>
#include <unordered_map>

#include "lib/base/error.h"
#include "lib/store/arrays.h"
#include "lib/store/job_rows.h"
#include "lib/store/jobs.h"
#include "lib/store/runs.h"
#include "lib/store/sql.h"

namespace certfleet::store {
namespace {

using How = Finished::How;
using Batch = std::vector<const Finished*>;

bool goes_back(const Finished& job) {
  return job.how == How::retry || job.how == How::release || job.how == How::park;
}

std::string_view outcome_of(How how) {
  switch (how) {
    case How::done: return "done";
    case How::failed: return "failed";
    case How::cancelled: return "cancelled";
    case How::dead:
    case How::retry:
    case How::release:
    case How::park: break;
  }
  CERTFLEET_INVARIANT(false, "only a job that went to history has an outcome");
  return {};
}

// What the three statements found still held, and what became free with it.
struct Held {
  std::vector<JobId> ids;
  jobs::Holds freed;

  void add(const pqxx::result& rows) {
    // Looked up once, not for each row.
    auto id = rows.column_number("id");
    auto key = rows.column_number("concurrency_key");
    auto limit = rows.column_number("limit_key");
    for (const auto& row : rows) {
      ids.emplace_back(row[id].as<std::int64_t>());
      freed.add(row[key], row[limit]);
    }
  }
};

void finish(Tx& tx, const Batch& ends, Held& held) {
  if (ends.empty()) return;
  RunsBuilder builder;
  ArrayLiteral outcomes, errors, error_ids;
  // Most batches are all done: nothing is said about it then.
  bool plain = std::all_of(ends.begin(), ends.end(), [](const auto* job) {
    return job->how == How::done && job->error.empty() && job->error_id == 0;
  });
  for (const auto* job : ends) {
    builder.add(job->id, job->fence);
    if (plain) continue;
    outcomes.add(outcome_of(job->how));
    errors.add(job->error);
    error_ids.add(std::int64_t{job->error_id});
  }
  auto name = tx.prepared("finish", sql::query("finish"));
  auto runs = builder.take();
  auto row = tx.raw().exec_prepared1(name, runs.firsts, runs.lasts, runs.fences, runs.befores, outcomes.take(),
                                     errors.take(), error_ids.take(), ends.size());
  held.freed = {array_items(row["keys"].as<std::string>("{}")), array_items(row["limits"].as<std::string>("{}"))};
  if (row["ids"].is_null())
    for (const auto* job : ends) held.ids.push_back(job->id);
  else
    for (const auto& id : array_items(row["ids"].c_str())) held.ids.emplace_back(std::stoll(id));
}

void bury(Tx& tx, const Batch& dead, Held& held) {
  if (dead.empty()) return;
  ArrayLiteral ids, fences, errors, error_ids;
  for (const auto* job : dead) {
    ids.add(job->id.value());
    fences.add(job->fence.value());
    errors.add(job->error);
    error_ids.add(std::int64_t{job->error_id});
  }
  auto name = tx.prepared("bury", sql::query("bury"));
  held.add(tx.raw().exec_prepared(name, ids.take(), fences.take(), errors.take(), error_ids.take()));
}

void put_back(Tx& tx, const Batch& backs, Held& held) {
  if (backs.empty()) return;
  ArrayLiteral ids, fences, waits, failed, errors, error_ids, parked;
  for (const auto* job : backs) {
    ids.add(job->id.value());
    fences.add(job->fence.value());
    waits.add(static_cast<double>(job->wait.count()));
    failed.add(std::int64_t{job->how == How::retry ? 1 : 0});
    errors.add(job->error);
    error_ids.add(std::int64_t{job->error_id});
    parked.add(job->how == How::park ? "true" : "false");
  }
  auto name = tx.prepared("put_back", sql::query("put_back"));
  auto rows = tx.raw().exec_prepared(name, ids.take(), fences.take(), waits.take(), failed.take(), errors.take(),
                                     error_ids.take(), parked.take());
  held.add(rows);
  for (const auto& row : rows)
    if (row["ready"].as<bool>()) tx.ready_jobs().push_back(jobs::job_ref(row));
}

// The whole of one batch in one transaction.
Completed complete_together(Tx& tx, const Batch& batch) {
  Batch ends, dead, backs;
  for (const auto* job : batch) (goes_back(*job) ? backs : job->how == How::dead ? dead : ends).push_back(job);
  Held held;
  finish(tx, ends, held);
  bury(tx, dead, held);
  put_back(tx, backs, held);

  std::sort(held.ids.begin(), held.ids.end());
  Completed completed;
  std::vector<domain::NewJob> follow_ups;
  for (const auto* job : batch) {
    if (!std::binary_search(held.ids.begin(), held.ids.end(), job->id)) {
      completed.stale.push_back(job->id);
      continue;
    }
    completed.accepted.push_back(job->id);
    for (const auto& write : job->writes) write(tx);
    follow_ups.insert(follow_ups.end(), job->follow_ups.begin(), job->follow_ups.end());
  }
  jobs::enqueue(tx, follow_ups);
  jobs::promote(tx, held.freed);
  completed.ready = std::move(tx.ready_jobs());
  return completed;
}

void merge(Completed& into, Completed&& from) {
  auto append = [](auto& a, auto& b) { a.insert(a.end(), b.begin(), b.end()); };
  append(into.accepted, from.accepted);
  append(into.stale, from.stale);
  append(into.refused, from.refused);
  append(into.ready, from.ready);
}

// A worker may end an attempt that was taken from it together with a later one of the same job, in a batch sorted
// by job, the latest attempt first. There being a later one, the older is stale whatever the database holds.
Completed drop_older_attempts(Batch& batch) {
  Completed completed;
  JobId latest;
  std::erase_if(batch, [&](const auto* job) {
    if (job->id == latest) completed.stale.push_back(job->id);
    return std::exchange(latest, job->id) == job->id;
  });
  return completed;
}

bool database_away(const Failure& failure) { return failure.transient(); }

// What could not be stored ends its own job, which has failed then, and holds up no other.
Completed complete_alone(Database& database, const Finished& job) {
  try {
    return database.writing([&](Tx& tx) { return complete_together(tx, {&job}); });
  } catch (const Failure& failure) {
    if (database_away(failure)) throw;
    Finished failed;
    failed.id = job.id;
    failed.fence = job.fence;
    failed.kind = job.kind;
    failed.concurrency_key = job.concurrency_key;
    failed.how = How::failed;
    failed.error = failure.what();
    failed.error_id = failure.trace_id().value_or(12);  // <E0012>: writing to the database failed
    auto completed = database.writing([&](Tx& tx) { return complete_together(tx, {&failed}); });
    completed.refused.swap(completed.accepted);
    return completed;
  }
}

}  // namespace

Completed complete_batch(Database& database, const std::vector<Finished>& jobs) {
  if (jobs.empty()) return {};
  Batch batch;
  for (const auto& job : jobs) batch.push_back(&job);
  std::sort(batch.begin(), batch.end(), [](const auto* a, const auto* b) {
    return std::pair(a->id, b->fence) < std::pair(b->id, a->fence);
  });
  auto completed = drop_older_attempts(batch);
  try {
    merge(completed, database.writing([&](Tx& tx) { return complete_together(tx, batch); }));
    return completed;
  } catch (const Failure& failure) {
    if (database_away(failure)) throw;
  }
  for (const auto* job : batch) merge(completed, complete_alone(database, *job));
  return completed;
}

}  // namespace certfleet::store
