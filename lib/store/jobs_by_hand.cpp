#include "lib/store/jobs_by_hand.h"

#include "lib/store/job_rows.h"
#include "lib/store/jobs.h"
#include "lib/store/rows.h"

namespace certfleet::store::jobs {

void cancel(Tx& tx, JobId id) {
  auto& raw = tx.raw();
  if (raw.exec_params("UPDATE job SET cancel = true WHERE id = $1", id.value()).affected_rows() == 0)
    throw Failure(Fault::not_found, Text{"進行中のジョブ {} はありません", "there is no live job {}"}, id.value());
  // A key that is held stays held: then the job waits for it, and is ended when its turn comes.
  raw.exec_params(
      "UPDATE job SET state = 'ready' WHERE id = $1 AND state = 'waiting'"
      " AND (concurrency_key IS NULL OR NOT EXISTS (SELECT 1 FROM job h WHERE h.concurrency_key = "
      "job.concurrency_key"
      "      AND h.state IN ('ready', 'running')))",
      id.value());
  raw.exec(fmt::format("NOTIFY {}", channel));
}

void retry(Tx& tx, JobId id) {
  auto rows = tx.raw().exec_params(
      "WITH gone AS (DELETE FROM job_dead WHERE id = $1 RETURNING *)"
      " INSERT INTO job (id, queue, state, priority, attempts_max, request_no, fence, site_id, service_id, node_id,"
      "                  subject_id, kind, created_at, time_limit, concurrency_key, limit_key, error, error_id)"
      " OVERRIDING SYSTEM VALUE"
      " SELECT id, queue, (CASE WHEN concurrency_key IS NULL AND limit_key IS NULL THEN 'ready' ELSE 'waiting'"
      "                    END)::job_state, priority, attempts_max, request_no, fence + 1, site_id, service_id,"
      "        node_id, subject_id, kind, created_at, time_limit, concurrency_key, limit_key, error, error_id"
      " FROM gone RETURNING concurrency_key, limit_key",
      id.value());
  if (rows.empty()) throw Failure(Fault::not_found, Text{"停止したジョブ {} はありません", "there is no dead job {}"}, id.value());
  Holds wanted;
  wanted.add(rows[0]);
  promote(tx, wanted);
  tx.raw().exec(fmt::format("NOTIFY {}", channel));
}

}  // namespace certfleet::store::jobs
