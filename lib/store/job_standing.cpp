#include "lib/store/job_standing.h"

#include "lib/store/daemons.h"
#include "lib/store/rows.h"
#include "lib/store/times.h"

namespace certfleet::store::job_views {
namespace {

std::optional<WallTime> time_or_none(const pqxx::field& field) {
  if (field.is_null()) return std::nullopt;
  return wall_time(field.as<double>());
}

void add_live(Tx& tx, Standing& out) {
  auto rows = tx.raw().exec_params(
      "SELECT attempts_max, parked, coalesce(concurrency_key, '') AS concurrency_key, coalesce(limit_key, '') AS"
      " limit_key, extract(epoch FROM run_deadline) AS run_deadline, coalesce(service_id, 0) AS service_id,"
      " EXISTS (SELECT 1 FROM session s WHERE s.id = job.session_id AND s.expires_at > now()) AS worker_lives"
      " FROM job WHERE id = $1",
      out.row.id.value());
  if (rows.empty()) return;
  const auto row = rows[0];
  out.attempts_max = row["attempts_max"].as<int>();
  out.parked = row["parked"].as<bool>();
  out.concurrency_key = row["concurrency_key"].as<std::string>();
  out.limit_key = row["limit_key"].as<std::string>();
  out.run_deadline = time_or_none(row["run_deadline"]);
  out.service = id_of<ServiceId>(row["service_id"]);
  out.worker_lives = row["worker_lives"].as<bool>();
}

void add_key(Tx& tx, Standing& out) {
  if (out.concurrency_key.empty()) return;
  for (const auto& row : tx.raw().exec_params(
           "SELECT j.id, j.kind, j.state, coalesce(s.host || ' ' || s.pid, '') AS worker,"
           " extract(epoch FROM j.started_at) AS since FROM job j LEFT JOIN session s ON s.id = j.session_id"
           " WHERE j.concurrency_key = $1 AND j.admitted AND j.id <> $2 LIMIT 1",
           out.concurrency_key, out.row.id.value())) {
    KeyHolder holder;
    holder.id = id_of<JobId>(row["id"]);
    holder.kind = row["kind"].as<std::string>();
    holder.state = row["state"].as<std::string>();
    holder.worker = row["worker"].as<std::string>();
    if (holder.state == "running") holder.since = time_or_none(row["since"]);
    out.holder = std::move(holder);
  }
  out.before_it =
      tx.raw()
          .exec_params1("SELECT count(*) FROM (SELECT 1 FROM job WHERE NOT admitted AND concurrency_key = $1"
                        " AND (priority, id) < ($2, $3) AND run_at <= now() LIMIT 100) before",
                        out.concurrency_key, out.row.priority, out.row.id.value())[0]
          .as<int>();
}

void add_limit(Tx& tx, Standing& out) {
  if (out.limit_key.empty()) return;
  for (const auto& row : tx.raw().exec_params(
           "SELECT coalesce(a.name, s.name, l.key) AS name, l.parallel, l.per_minute,"
           " (SELECT count(*) FROM job WHERE limit_key = l.key AND admitted) AS held"
           " FROM job_limit l LEFT JOIN ca_account a ON l.key = 'ca:' || a.id"
           " LEFT JOIN site s ON l.key LIKE 'site:' || s.id || '/%' WHERE l.key = $1",
           out.limit_key))
    out.limit = LimitState{row["name"].as<std::string>(), int_of(row["parallel"]), int_of(row["per_minute"]),
                           row["held"].as<int>()};
}

void add_workers(Tx& tx, Standing& out) {
  auto row = tx.raw().exec_params1(
      "SELECT count(*) AS all_of_them,"
      " count(*) FILTER (WHERE s.site_id IS NULL OR j.site_id IS NULL OR s.site_id = j.site_id) AS of_site,"
      " count(*) FILTER (WHERE (s.site_id IS NULL OR j.site_id IS NULL OR s.site_id = j.site_id)"
      "                  AND $2 = ANY (s.kinds)) AS knowing"
      " FROM session s LEFT JOIN job j ON j.id = $3 WHERE s.queue = $1::job_queue AND s.expires_at > now()",
      out.row.queue, out.row.kind, out.row.id.value());
  out.workers = {row["all_of_them"].as<int>(), row["of_site"].as<int>(), row["knowing"].as<int>()};
}

}  // namespace

std::optional<Standing> standing(Tx& tx, JobId id) {
  auto row = find(tx, id);
  if (!row) return std::nullopt;
  Standing out;
  out.row = std::move(*row);
  out.now = wall_time(tx.raw().exec1("SELECT extract(epoch FROM now())")[0].as<double>());
  add_live(tx, out);
  add_key(tx, out);
  add_limit(tx, out);
  add_workers(tx, out);
  for (const auto& daemon : daemons::living(tx)) out.scheduler_leads |= daemon.leads;
  return out;
}

}  // namespace certfleet::store::job_views
