#include "lib/store/job_limits.h"

#include <fmt/format.h>

#include <pqxx/pqxx>

#include "lib/base/error.h"
#include "lib/store/jobs.h"

namespace certfleet::store::job_limits {
namespace {

// One spelling with limit_key_of in sql/functions/limits.sql.
std::string key_of(const Scope& scope) {
  if (scope.ca_account) return fmt::format("ca:{}", scope.ca_account.value());
  return fmt::format("site:{}/{}", scope.site.value(), to_string(scope.queue));
}

// By a function of the database, since jobs of all groups are concerned. Those that wait may go on now.
bool put(Tx& tx, const Scope& scope, const int* parallel, const int* per_minute) {
  auto queue = std::string(to_string(scope.ca_account ? domain::Queue::order : scope.queue));
  bool there = tx.raw()
                   .exec_params1("SELECT set_job_limit($1, $2::job_queue, $3, $4)", key_of(scope), queue, parallel,
                                 per_minute)[0]
                   .as<bool>();
  tx.raw().exec(fmt::format("NOTIFY {}", jobs::channel));
  return there;
}

}  // namespace

void set(Tx& tx, const Scope& scope, std::optional<int> parallel, std::optional<int> per_minute) {
  put(tx, scope, parallel ? &*parallel : nullptr, per_minute ? &*per_minute : nullptr);
}

void remove(Tx& tx, const Scope& scope) {
  if (!put(tx, scope, nullptr, nullptr)) 
    throw Failure(Fault::not_found, Text{"その上限はありません", "there is no such limit"});
}

std::vector<Limit> list(Tx& tx) {
  std::vector<Limit> limits;
  for (const auto& row : tx.raw().exec(
           "SELECT coalesce(a.id, 0) AS ca, coalesce(s.id, 0) AS site, split_part(l.key, '/', 2) AS queue,"
           "       coalesce(a.name, s.name, l.key) AS name, l.parallel, l.per_minute,"
           "       (SELECT count(*) FROM job WHERE limit_key = l.key AND admitted) AS held,"
           "       (SELECT count(*) FROM job WHERE limit_key = l.key AND NOT admitted AND run_at <= now())"
           "         AS waiting"
           " FROM job_limit l LEFT JOIN ca_account a ON l.key = 'ca:' || a.id"
           " LEFT JOIN site s ON l.key LIKE 'site:' || s.id || '/%' ORDER BY split_part(l.key, ':', 1), name, queue")) {
    Limit limit;
    limit.scope.ca_account = CaAccountId(row["ca"].as<std::int64_t>());
    limit.scope.site = SiteId(row["site"].as<std::int64_t>());
    limit.scope.queue = domain::queue_from(row["queue"].c_str()).value_or(domain::Queue::order);
    limit.name = row["name"].c_str();
    if (!row["parallel"].is_null()) limit.parallel = row["parallel"].as<int>();
    if (!row["per_minute"].is_null()) limit.per_minute = row["per_minute"].as<int>();
    limit.held = row["held"].as<int>();
    limit.waiting = row["waiting"].as<int>();
    limits.push_back(std::move(limit));
  }
  return limits;
}

}  // namespace certfleet::store::job_limits
