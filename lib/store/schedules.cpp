#include "lib/store/schedules.h"

#include "lib/domain/time_zone.h"
#include "lib/store/rows.h"
#include "lib/store/schedule_rows.h"
#include "lib/store/times.h"

namespace certfleet::store::schedules {
namespace {

std::optional<WallTime> time_of(const pqxx::field& field) {
  if (field.is_null()) return std::nullopt;
  return wall_time(field.as<double>());
}

std::vector<domain::Schedule> schedules_of(const pqxx::result& rows) {
  std::vector<domain::Schedule> schedules;
  for (const auto& row : rows) schedules.push_back(schedule_of(row));
  return schedules;
}

void require_known_zone(Tx& tx, const std::string& zone) {
  if (tx.raw().exec_params("SELECT 1 FROM pg_timezone_names WHERE name = $1", zone).empty())
    throw Failure(Fault::usage, domain::unknown_zone, zone);
}

// Failure if one can't be planned: its row or this machine's list of zones is damaged.
void plan(Tx& tx, const std::vector<domain::Schedule>& schedules) {
  auto [at, zone] = now(tx);
  for (const auto& schedule : schedules)
    tx.raw().exec_params("UPDATE schedule SET due_at = $2::timestamptz, after_id = 0 WHERE task = $1", schedule.task,
                         timestamp(domain::next_run(schedule, zone, at)));
}

}  // namespace

domain::Schedule schedule_of(const pqxx::row& row) {
  domain::Schedule schedule;
  schedule.task = row["task"].as<std::string>();
  schedule.enabled = row["enabled"].as<bool>();
  schedule.cron = row["cron"].as<std::string>();
  schedule.time_zone = text_of(row["time_zone"]);
  schedule.within_days = int_of(row["within_days"]);
  schedule.due_at = time_of(row["due_at"]);
  schedule.ran_at = time_of(row["ran_at"]);
  schedule.ran_due_at = time_of(row["ran_due_at"]);
  return schedule;
}

Now now(Tx& tx) {
  auto row = tx.raw().exec1("SELECT extract(epoch FROM now()), time_zone FROM settings");
  return {wall_time(row[0].as<double>()), row[1].as<std::string>()};
}

std::vector<domain::Schedule> list(Tx& tx) {
  return schedules_of(tx.raw().exec(std::string(columns) + "ORDER BY task"));
}

std::optional<domain::Schedule> find(Tx& tx, std::string_view task) {
  auto found = schedules_of(tx.raw().exec_params(std::string(columns) + "WHERE task = $1", std::string(task)));
  if (found.empty()) return std::nullopt;
  return found.front();
}

std::optional<std::int64_t> id_of(Tx& tx, std::string_view task) {
  auto rows = tx.raw().exec_params("SELECT id FROM schedule WHERE task = $1", std::string(task));
  if (rows.empty()) return std::nullopt;
  return rows[0][0].as<std::int64_t>();
}

domain::Schedule update(Tx& tx, const domain::Schedule& wanted) {
  auto schedule = domain::checked(wanted);
  if (schedule.time_zone) require_known_zone(tx, *schedule.time_zone);
  auto days = number_text(schedule.within_days);
  // The row is locked before it is looked at: a scheduler may be making the run in this moment.
  auto before = tx.raw().exec_params(
      "SELECT enabled AND due_at <= now() AS missed FROM schedule WHERE task = $1 FOR UPDATE", schedule.task);
  if (before.empty())
    throw Failure(Fault::not_found, Text{"{} という定期処理はありません", "there is no batch run {}"},
                  schedule.task);
  tx.raw().exec_params(
      "UPDATE schedule SET enabled = $2, cron = $3, time_zone = $4, within_days = $5::integer WHERE task = $1",
      schedule.task, schedule.enabled, schedule.cron, or_null(schedule.time_zone), or_null(days));
  if (!schedule.enabled)
    tx.raw().exec_params("UPDATE schedule SET due_at = NULL, after_id = 0 WHERE task = $1", schedule.task);
  else if (!before[0][0].as<bool>(false))
    plan(tx, {schedule});
  return *find(tx, schedule.task);
}

void plan_again(Tx& tx) {
  plan(tx, schedules_of(tx.raw().exec(std::string(columns) +
                                      "WHERE enabled AND time_zone IS NULL AND (due_at IS NULL OR due_at > now())"
                                      " FOR UPDATE")));
}

std::vector<domain::Schedule> unplanned(Tx& tx) {
  return schedules_of(tx.raw().exec(std::string(columns) + "WHERE enabled AND due_at IS NULL FOR UPDATE SKIP LOCKED"));
}

}  // namespace certfleet::store::schedules
