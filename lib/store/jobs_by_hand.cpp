#include "lib/store/jobs_by_hand.h"

#include "lib/store/arrays.h"
#include "lib/store/job_rows.h"
#include "lib/store/jobs.h"
#include "lib/store/rows.h"

namespace certfleet::store::jobs {
namespace {

std::string literal_of(const std::vector<JobId>& ids) {
  ArrayLiteral literal;
  for (auto id : ids) literal.add(id.value());
  return literal.take();
}

}  // namespace

void cancel(Tx& tx, JobId id) {
  if (cancel(tx, std::vector{id}) == 0)
    throw Failure(Fault::not_found, Text{"進行中のジョブ {} はありません", "there is no live job {}"}, id.value());
}

int cancel(Tx& tx, const std::vector<JobId>& ids) {
  auto& raw = tx.raw();
  auto list = literal_of(ids);
  auto found = raw.exec_params(
      "UPDATE job SET cancel = true WHERE id = ANY (ARRAY(SELECT id FROM job WHERE id = ANY ($1::bigint[])"
      "                                                   ORDER BY id FOR UPDATE))",
      list);
  // One of each key that is free. A key that is held stays held: then the job waits for it, and is ended when its
  // turn comes.
  raw.exec_params(
      "UPDATE job SET state = 'ready' WHERE state = 'waiting' AND id = ANY (ARRAY("
      " SELECT DISTINCT ON (coalesce(concurrency_key, id::text)) id FROM job WHERE id = ANY ($1::bigint[])"
      "  AND state = 'waiting' AND (concurrency_key IS NULL OR NOT EXISTS (SELECT 1 FROM job h WHERE"
      "    h.concurrency_key = job.concurrency_key AND h.state IN ('ready', 'running')))"
      " ORDER BY coalesce(concurrency_key, id::text), priority, id))",
      list);
  raw.exec(fmt::format("NOTIFY {}", channel));
  return static_cast<int>(found.affected_rows());
}

void retry(Tx& tx, JobId id) {
  if (retry(tx, std::vector{id}) == 0)
    throw Failure(Fault::not_found, Text{"停止したジョブ {} はありません", "there is no dead job {}"}, id.value());
}

int retry(Tx& tx, const std::vector<JobId>& ids) {
  auto rows = tx.raw().exec_params(
      "WITH gone AS (DELETE FROM job_dead WHERE id = ANY ($1::bigint[]) RETURNING *)"
      " INSERT INTO job (id, queue, state, priority, attempts_max, request_no, fence, site_id, service_id, node_id,"
      "                  subject_id, kind, created_at, time_limit, concurrency_key, limit_key, error, error_id)"
      " OVERRIDING SYSTEM VALUE"
      " SELECT id, queue, (CASE WHEN concurrency_key IS NULL AND limit_key IS NULL THEN 'ready' ELSE 'waiting'"
      "                    END)::job_state, priority, attempts_max, request_no, fence + 1, site_id, service_id,"
      "        node_id, subject_id, kind, created_at, time_limit, concurrency_key, limit_key, error, error_id"
      " FROM gone RETURNING concurrency_key, limit_key",
      literal_of(ids));
  Holds wanted;
  for (const auto& row : rows) wanted.add(row);
  promote(tx, wanted);
  tx.raw().exec(fmt::format("NOTIFY {}", channel));
  return static_cast<int>(rows.size());
}

}  // namespace certfleet::store::jobs
