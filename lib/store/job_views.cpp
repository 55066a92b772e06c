#include "lib/store/job_views.h"

#include "lib/store/rows.h"
#include "lib/store/times.h"

namespace certfleet::store::job_views {
namespace {

std::optional<WallTime> time_or_none(const pqxx::field& field) {
  if (field.is_null()) return std::nullopt;
  return wall_time(field.as<double>());
}

// The three tables in one form. `state` of a job that ended is its outcome.
constexpr const char* live =
    "SELECT id, queue, kind, job.state::text AS state, service_id, node_id, site_id, session_id, request_no, "
    "priority,"
    " attempts_failed, deliveries, crashes, cancel, created_at, run_at, started_at, NULL::timestamptz AS "
    "ended_at,"
    " error FROM job";
constexpr const char* dead =
    "SELECT id, queue, kind, 'dead' AS state, service_id, node_id, site_id, NULL::bigint AS session_id, "
    "request_no, priority,"
    " attempts_failed, deliveries, crashes, cancel, created_at, NULL::timestamptz AS run_at, started_at, "
    "died_at AS ended_at, error FROM job_dead";
constexpr const char* ended =
    "SELECT id, queue, kind, outcome::text AS state, service_id, node_id, site_id, NULL::bigint AS "
    "session_id, request_no, priority,"
    " attempts_failed, deliveries, crashes, false AS cancel, created_at, NULL::timestamptz AS run_at, "
    "started_at, ended_at, error FROM job_history";

bool is_outcome(const std::string& state) {
  return state == "done" || state == "failed" || state == "cancelled";
}

Row row_of(const pqxx::row& row) {
  Row out;
  out.id = id_of<JobId>(row["id"]);
  out.queue = row["queue"].as<std::string>();
  out.kind = row["kind"].as<std::string>();
  out.state = row["state"].as<std::string>();
  out.service = row["service"].as<std::string>();
  out.node = row["node"].as<std::string>();
  out.site = row["site"].as<std::string>();
  out.worker = row["worker"].as<std::string>();
  out.request_no = row["request_no"].as<int>();
  out.priority = row["priority"].as<int>();
  out.attempts_failed = row["attempts_failed"].as<int>();
  out.deliveries = row["deliveries"].as<int>();
  out.crashes = row["crashes"].as<int>();
  out.cancel = row["cancel"].as<bool>();
  out.created_at = wall_time(row["created_at"].as<double>());
  out.run_at = time_or_none(row["run_at"]);
  out.started_at = time_or_none(row["started_at"]);
  out.ended_at = time_or_none(row["ended_at"]);
  out.error = row["error"].as<std::string>();
  return out;
}

// Each part is limited by itself, so that a long history is read from its end only.
std::string part(const char* select, const std::string& where, int rows_max) {
  return fmt::format("(SELECT * FROM ({}) part WHERE {} ORDER BY id DESC LIMIT {})", select, where, rows_max);
}

std::string where_of(Tx& tx, const Filter& filter) {
  auto& raw = tx.raw();
  std::string where = "true";
  if (filter.queue) where += fmt::format(" AND queue = '{}'", to_string(*filter.queue));
  if (filter.state) where += " AND state = " + raw.quote(*filter.state);
  if (!filter.kind.empty()) where += " AND kind = " + raw.quote(filter.kind);
  if (filter.service) where += fmt::format(" AND service_id = {}", filter.service.value());
  if (filter.node) where += fmt::format(" AND node_id = {}", filter.node.value());
  if (filter.id) where += fmt::format(" AND id = {}", filter.id.value());
  if (filter.before) where += fmt::format(" AND id < {}", filter.before.value());
  if (filter.request_no != 0) where += fmt::format(" AND request_no = {}", filter.request_no);
  return where;
}

const char* table_of(const Filter& filter) { return filter.state == "dead" ? dead : live; }

}  // namespace

std::vector<Row> newest(Tx& tx, const Filter& filter, int rows_max) {
  auto& raw = tx.raw();
  auto where = where_of(tx, filter);
  bool with_ended =
      filter.ended || filter.id || filter.request_no != 0 || (filter.state && is_outcome(*filter.state));
  std::string parts = part(live, where, rows_max) + " UNION ALL " + part(dead, where, rows_max);
  if (with_ended) parts += " UNION ALL " + part(ended, where, rows_max);
  std::vector<Row> rows;
  for (const auto& row :
       raw.exec("SELECT j.id, j.queue, j.kind, j.state, coalesce(s.name, '') AS service, coalesce(n.name, "
                "'') AS node,"
                " coalesce(t.name, '') AS site, coalesce(w.host || ' ' || w.pid, '') AS worker, "
                "j.request_no, j.priority,"
                " j.attempts_failed, j.deliveries, j.crashes, j.cancel, extract(epoch FROM j.created_at) AS "
                "created_at,"
                " extract(epoch FROM j.run_at) AS run_at, extract(epoch FROM j.started_at) AS started_at,"
                " extract(epoch FROM j.ended_at) AS ended_at, coalesce(j.error, '') AS error"
                " FROM (" +
                parts +
                ") j LEFT JOIN service s ON s.id = j.service_id LEFT JOIN node n ON n.id = j.node_id"
                " LEFT JOIN site t ON t.id = j.site_id LEFT JOIN session w ON w.id = j.session_id"
                " ORDER BY j.id DESC LIMIT " +
                std::to_string(rows_max)))
    rows.push_back(row_of(row));
  return rows;
}

int count(Tx& tx, const Filter& filter) {
  return tx.raw()
      .exec1(fmt::format("SELECT count(*) FROM ({}) part WHERE {}", table_of(filter), where_of(tx, filter)))[0]
      .as<int>();
}

std::vector<JobId> ids(Tx& tx, const Filter& filter, JobId after, int rows_max) {
  std::vector<JobId> list;
  for (const auto& row : tx.raw().exec(fmt::format("SELECT id FROM ({}) part WHERE {} AND id > {} ORDER BY id LIMIT {}",
                                                   table_of(filter), where_of(tx, filter), after.value(), rows_max)))
    list.push_back(id_of<JobId>(row[0]));
  return list;
}

std::optional<Row> find(Tx& tx, JobId id) {
  Filter filter;
  filter.id = id;
  auto rows = newest(tx, filter, 1);
  if (rows.empty()) return std::nullopt;
  return rows.front();
}

}  // namespace certfleet::store::job_views
