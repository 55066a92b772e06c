#include "lib/store/jobs.h"

#include <fmt/format.h>

#include <pqxx/pqxx>

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
      wanted.add(row);
  }
  promote(tx, wanted);
  return static_cast<int>(rows.size());
}

int enqueue(Tx& tx, const domain::NewJob& job) { return enqueue(tx, std::span(&job, 1)); }

int enqueue_by_person(Tx& tx, const domain::NewJob& job) {
  int made = enqueue(tx, job);
  tx.raw().exec(fmt::format("NOTIFY {}", channel));
  return made;
}

void ensure_partitions(Tx& tx) { tx.raw().exec("SELECT ensure_partitions()"); }

}  // namespace certfleet::store::jobs
