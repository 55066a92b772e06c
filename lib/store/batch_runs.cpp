#include "lib/store/batch_runs.h"

#include <fmt/format.h>

#include "lib/base/error.h"
#include "lib/store/jobs.h"
#include "lib/store/rows.h"
#include "lib/store/schedule_rows.h"
#include "lib/store/schedules.h"
#include "lib/store/settings.h"
#include "lib/store/sql.h"
#include "lib/store/times.h"
#include "lib/store/traces.h"

namespace certfleet::store::batch_runs {
namespace {

constexpr int trace_begun = 1211;
constexpr int trace_made_up = 1212;
constexpr int trace_not_planned = 1213;
constexpr std::chrono::minutes late{5};             // a scheduler that lives is never so late
constexpr std::chrono::minutes plan_again_after{60};  // what can't be planned

// How far a run has come.
struct Part {
  std::int64_t last_id = 0;
  bool complete = true;
};

Part scan_expiry(Tx& tx, const domain::Schedule&, std::int64_t, int) {
  jobs::enqueue(tx, {.kind = "verify.expiry", .dedupe_key = "verify.expiry"});
  return {};
}

Part verify(Tx& tx, const domain::Schedule&, std::int64_t after, int rows_max) {
  auto rows = tx.raw().exec_params(
      "SELECT n.id, n.service_id, n.site_id FROM node n JOIN service s ON s.id = n.service_id"
      " WHERE n.id > $1 AND n.enabled AND s.enabled AND n.verify_mode <> 'none' ORDER BY n.id LIMIT $2",
      after, rows_max);
  std::vector<domain::NewJob> jobs;
  for (const auto& row : rows) {
    domain::NewJob job;
    job.kind = "verify.node";
    job.subject = row[0].as<std::int64_t>();
    job.node = NodeId(job.subject);
    job.service = id_of<ServiceId>(row[1]);
    job.site = id_of<SiteId>(row[2]);
    job.priority = domain::Priority::bulk;
    job.dedupe_key = fmt::format("verify:{}", job.subject);  // one that waits is enough
    jobs.push_back(std::move(job));
  }
  jobs::enqueue(tx, jobs);
  if (jobs.empty()) return {};
  return {jobs.back().subject, static_cast<int>(jobs.size()) < rows_max};
}

// Both look at so many rows, and tell the last one and whether there are more.
Part by_query(Tx& tx, const char* name, std::int64_t after, int rows_max, int days) {
  auto row = tx.raw().exec_params1(std::string(sql::query(name)), after, rows_max, days);
  return {row[0].as<std::int64_t>(after), row[1].as<int>() < rows_max};
}

Part order(Tx& tx, const domain::Schedule& schedule, std::int64_t after, int rows_max) {
  return by_query(tx, "batch_orders", after, rows_max, schedule.within_days.value_or(0));
}

Part apply(Tx& tx, const domain::Schedule&, std::int64_t after, int rows_max) {
  return by_query(tx, "batch_applies", after, rows_max, 0);
}

Part work(Tx& tx, const domain::Schedule& schedule, std::int64_t after, int rows_max) {
  if (schedule.task == domain::batch::expiry_scan) return scan_expiry(tx, schedule, after, rows_max);
  if (schedule.task == domain::batch::verify) return verify(tx, schedule, after, rows_max);
  if (schedule.task == domain::batch::orders) return order(tx, schedule, after, rows_max);
  CERTFLEET_INVARIANT(schedule.task == domain::batch::applies, schedule.task);
  return apply(tx, schedule, after, rows_max);
}

void tell(Tx& tx, trace::Level level, int id, const std::string& task, const std::string& what) {
  traces::Stored trace;
  trace.line = {std::chrono::system_clock::now(), level, "dispatch", id, 0, {task, what}};
  traces::add(tx, std::span(&trace, 1));
}

void tell_begin(Tx& tx, const domain::Schedule& schedule, WallTime now) {
  bool made_up = now - *schedule.due_at > late;
  tell(tx, made_up ? trace::Level::warning : trace::Level::info, made_up ? trace_made_up : trace_begun, schedule.task,
       settings::local_time(tx, *schedule.due_at));
}

// None if it can't be planned: its row or this machine's list of zones is damaged. That is told, and once an hour.
std::optional<WallTime> next_run(Tx& tx, const domain::Schedule& schedule, const schedules::Now& now) {
  try {
    return domain::next_run(schedule, now.zone, now.at);
  } catch (const Failure& failure) {
    tell(tx, trace::Level::error, trace_not_planned, schedule.task, failure.what());
    tx.raw().exec_params("UPDATE schedule SET due_at = $2::timestamptz WHERE task = $1", schedule.task,
                         timestamp(now.at + plan_again_after));
    return std::nullopt;
  }
}

void plan_new(Tx& tx) {
  for (const auto& schedule : schedules::unplanned(tx))
    if (auto next = next_run(tx, schedule, schedules::now(tx)))
      tx.raw().exec_params("UPDATE schedule SET due_at = $2::timestamptz, after_id = 0 WHERE task = $1", schedule.task,
                           timestamp(*next));
}

void make_part(Tx& tx, const domain::Schedule& schedule, std::int64_t after, const schedules::Now& now, int rows_max) {
  auto next = next_run(tx, schedule, now);
  if (!next) return;
  if (after == 0) tell_begin(tx, schedule, now.at);
  auto part = work(tx, schedule, after, rows_max);
  if (!part.complete)
    tx.raw().exec_params("UPDATE schedule SET after_id = $2 WHERE task = $1", schedule.task, part.last_id);
  else
    tx.raw().exec_params(
        "UPDATE schedule SET after_id = 0, ran_at = now(), ran_due_at = due_at, due_at = $2::timestamptz"
        " WHERE task = $1",
        schedule.task, timestamp(*next));
}

}  // namespace

int make_due(Tx& tx, int rows_max) {
  plan_new(tx);
  auto rows = tx.raw().exec(std::string(schedules::columns) +
                            "WHERE enabled AND due_at <= now() ORDER BY due_at, task FOR UPDATE SKIP LOCKED");
  if (rows.empty()) return 0;
  auto now = schedules::now(tx);
  for (const auto& row : rows)
    make_part(tx, schedules::schedule_of(row), row["after_id"].as<std::int64_t>(), now, rows_max);
  return static_cast<int>(rows.size());
}

}  // namespace certfleet::store::batch_runs
