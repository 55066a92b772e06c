#include "lib/store/job_rows.h"

#include <pqxx/pqxx>

#include "lib/base/error.h"
#include "lib/store/arrays.h"

namespace certfleet::store::jobs {

domain::JobRef job_ref(const pqxx::row& row) {
  auto queue = domain::queue_from(row["queue"].c_str());
  CERTFLEET_INVARIANT(queue.has_value(), row["queue"].c_str());
  domain::JobRef ref;
  ref.id = JobId(row["id"].as<std::int64_t>());
  ref.queue = *queue;
  ref.site = SiteId(row["site_id"].as<std::int64_t>(0));
  ref.service = ServiceId(row["service_id"].as<std::int64_t>(0));
  ref.priority = row["priority"].as<std::int16_t>();
  return ref;
}

void Holds::add(const pqxx::field& concurrency_key, const pqxx::field& limit_key) {
  if (!concurrency_key.is_null()) keys.emplace_back(concurrency_key.c_str());
  if (!limit_key.is_null()) limits.emplace_back(limit_key.c_str());
}

void promote(Tx& tx, const Holds& holds) {
  if (holds.keys.empty() && holds.limits.empty()) return;
  auto name = tx.prepared("promote", "SELECT * FROM promote($1::text[], $2::text[])");
  for (const auto& row : tx.raw().exec_prepared(name, array_literal(holds.keys), array_literal(holds.limits)))
    tx.ready_jobs().push_back(job_ref(row));
}

}  // namespace certfleet::store::jobs
