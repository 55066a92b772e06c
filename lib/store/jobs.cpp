#include "lib/store/jobs.h"

#include <fmt/format.h>

#include <pqxx/pqxx>
#include <sstream>

#include "lib/base/error.h"
#include "lib/store/arrays.h"
#include "lib/store/job_rows.h"
#include "lib/store/sql.h"

namespace certfleet::store::jobs {
namespace {

// The columns of sql/queries/enqueue.sql, as array literals.
struct Columns {
  std::array<ArrayLiteral, 13> columns;

  void add(const domain::NewJob& job) {
    const auto& kind = domain::job_kind(job.kind);
    columns[0].add(to_string(kind.queue));
    columns[1].add(job.kind);
    columns[2].add(job.subject);
    columns[3].add(job.service.value());
    columns[4].add(job.node.value());
    columns[5].add(job.site.value());
    columns[6].add(static_cast<std::int64_t>(job.priority));
    columns[7].add(static_cast<double>(job.wait.count()));
    columns[8].add(kind.by_timer ? 0.0 : static_cast<double>(kind.time_limit.count()));
    columns[9].add(std::int64_t{kind.attempts_max});
    columns[10].add(std::int64_t{job.request_no});
    columns[11].add(job.concurrency_key);
    columns[12].add(job.dedupe_key);
  }
};

}  // namespace

int enqueue(Tx& tx, std::span<const domain::NewJob> jobs) {
  if (jobs.empty()) return 0;
  Columns batch;
  for (const auto& job : jobs) batch.add(job);
  auto& c = batch.columns;
  auto name = tx.prepared("enqueue", sql::query("enqueue"));
  auto rows = tx.raw().exec_prepared(name, c[0].take(), c[1].take(), c[2].take(), c[3].take(), c[4].take(),
                                     c[5].take(), c[6].take(), c[7].take(), c[8].take(), c[9].take(),
                                     c[10].take(), c[11].take(), c[12].take());
  Holds wanted;
  for (const auto& row : rows) {
    if (row["ready"].as<bool>())
      tx.ready_jobs().push_back(job_ref(row));
    else
      wanted.add(row["concurrency_key"], row["limit_key"]);
  }
  promote(tx, wanted);
  return static_cast<int>(rows.size());
}

int enqueue(Tx& tx, const domain::NewJob& job) { return enqueue(tx, std::span(&job, 1)); }

int enqueue_by_person(Tx& tx, const domain::NewJob& job) {
  auto before = tx.ready_jobs().size();
  int made = enqueue(tx, job);
  auto ready = std::span(tx.ready_jobs()).subspan(before);
  auto notice = ready.size() == 1 ? notice_of(ready.front()) : std::string();
  tx.raw().exec_params("SELECT pg_notify($1, $2)", channel, notice);
  return made;
}

std::string notice_of(const domain::JobRef& ref) {
  return fmt::format("{} {} {} {} {}", ref.id.value(), to_string(ref.queue), ref.site.value(), ref.service.value(),
                     ref.priority);
}

std::optional<domain::JobRef> job_of_notice(std::string_view notice) {
  std::istringstream words{std::string(notice)};
  std::int64_t id = 0, site = 0, service = 0;
  std::int16_t priority = 0;
  std::string queue_name;
  if (!(words >> id >> queue_name >> site >> service >> priority) || !words.eof()) return std::nullopt;
  auto queue = domain::queue_from(queue_name);
  // Anybody who may connect can notify.
  if (!queue || id <= 0 || site < 0 || service < 0 || priority < 0) return std::nullopt;
  return domain::JobRef{JobId(id), *queue, SiteId(site), ServiceId(service), priority};
}

std::chrono::seconds age(Tx& tx, JobId id) {
  auto rows = tx.raw().exec_params("SELECT extract(epoch FROM now() - created_at)::bigint FROM job WHERE id = $1",
                                   id.value());
  return std::chrono::seconds(rows.empty() ? 0 : rows[0][0].as<std::int64_t>());
}

void ensure_partitions(Tx& tx) { tx.raw().exec("SELECT ensure_partitions()"); }

}  // namespace certfleet::store::jobs
