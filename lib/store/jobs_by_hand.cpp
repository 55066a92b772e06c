#include "lib/store/jobs_by_hand.h"

#include "lib/store/arrays.h"
#include "lib/store/jobs.h"
#include "lib/store/rows.h"

namespace certfleet::store::jobs {
namespace {

// By a function of the database: who asks may not write the rows themselves.
int ask(Tx& tx, const char* statement, const std::vector<JobId>& ids) {
  ArrayLiteral literal;
  for (auto id : ids) literal.add(id.value());
  int done = tx.raw().exec_params1(statement, literal.take())[0].as<int>();
  tx.raw().exec(fmt::format("NOTIFY {}", channel));
  return done;
}

}  // namespace

void cancel(Tx& tx, JobId id) {
  if (cancel(tx, std::vector{id}) == 0)
    throw Failure(Fault::not_found, Text{"進行中のジョブ {} はありません", "there is no live job {}"}, id.value());
}

int cancel(Tx& tx, const std::vector<JobId>& ids) {
  return ask(tx, "SELECT cancel_jobs($1::bigint[])", ids);
}

void retry(Tx& tx, JobId id) {
  if (retry(tx, std::vector{id}) == 0)
    throw Failure(Fault::not_found, Text{"停止したジョブ {} はありません", "there is no dead job {}"}, id.value());
}

int retry(Tx& tx, const std::vector<JobId>& ids) { return ask(tx, "SELECT retry_jobs($1::bigint[])", ids); }

}  // namespace certfleet::store::jobs
