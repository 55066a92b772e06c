#include "lib/store/job_rows.h"

#include <pqxx/pqxx>

#include "lib/base/error.h"

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

}  // namespace certfleet::store::jobs
