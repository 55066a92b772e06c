#include "lib/store/orphans.h"

#include <pqxx/pqxx>

#include "lib/store/applies.h"
#include "lib/store/orders.h"

namespace certfleet::store::orphans {
namespace {

constexpr const char* reason = "its job is dead; certfleet job list --state dead shows why";

}  // namespace

int end(Tx& tx, int rows_max) {
  int ended = 0;
  // A subject and its job change in one transaction: what this snapshot shows without a job has none.
  for (const auto& row : tx.raw().exec_params(
           "SELECT o.id FROM ca_order o WHERE o.state IN ('started', 'placed') AND NOT EXISTS"
           " (SELECT 1 FROM job WHERE job.subject_id = o.id AND job.kind IN ('csr.make', 'order.place'))"
           " ORDER BY o.id LIMIT $1 FOR UPDATE OF o SKIP LOCKED",
           rows_max))
    ended += orders::end(tx, OrderId(row[0].as<std::int64_t>()), orders::End::failed, reason) ? 1 : 0;
  for (const auto& row : tx.raw().exec_params(
           "SELECT a.id FROM apply a WHERE a.state = 'started' AND NOT EXISTS"
           " (SELECT 1 FROM job WHERE job.subject_id = a.id AND job.kind = 'apply.run')"
           " ORDER BY a.id LIMIT $1 FOR UPDATE OF a SKIP LOCKED",
           rows_max))
    ended += applies::end(tx, ApplyId(row[0].as<std::int64_t>()), applies::End::failed, reason) ? 1 : 0;
  return ended;
}

}  // namespace certfleet::store::orphans
