#include "lib/store/job_limits.h"

#include <fmt/format.h>

#include <pqxx/pqxx>

#include "lib/base/error.h"
#include "lib/store/jobs.h"

namespace certfleet::store::job_limits {
namespace {

// One spelling with limit_key_of in sql/migrations/0007_limits.sql.
std::string key_of(const Scope& scope) {
  if (scope.ca_account) return fmt::format("ca:{}", scope.ca_account.value());
  return fmt::format("site:{}/{}", scope.site.value(), to_string(scope.queue));
}

// Those that wait may go on now.
void wake(Tx& tx) { tx.raw().exec(fmt::format("NOTIFY {}", jobs::channel)); }

}  // namespace

void set(Tx& tx, const Scope& scope, std::optional<int> parallel, std::optional<int> per_minute) {
  auto key = key_of(scope);
  const int* parallel_value = parallel ? &*parallel : nullptr;
  const int* rate_value = per_minute ? &*per_minute : nullptr;
  tx.raw().exec_params(
      "INSERT INTO job_limit (key, parallel, per_minute) VALUES ($1, $2, $3)"
      " ON CONFLICT (key) DO UPDATE SET parallel = excluded.parallel, per_minute = excluded.per_minute",
      key, parallel_value, rate_value);
  // Ready ones that nobody has claimed go back to wait for the limit's room.
  tx.raw().exec_params(
      "UPDATE job SET limit_key = $1, state = (CASE state WHEN 'ready' THEN 'waiting' ELSE state::text END)::job_state"
      " WHERE limit_key IS NULL AND queue = $2::job_queue AND limit_key_of(queue, site_id, subject_id) = $1",
      key, std::string(to_string(scope.ca_account ? domain::Queue::order : scope.queue)));
  wake(tx);
}

void remove(Tx& tx, const Scope& scope) {
  auto key = key_of(scope);
  if (tx.raw().exec_params("DELETE FROM job_limit WHERE key = $1", key).affected_rows() == 0)
    throw Failure(Fault::not_found, Text{"その上限はありません", "there is no such limit"});
  tx.raw().exec_params("UPDATE job SET limit_key = NULL WHERE limit_key = $1", key);
  wake(tx);
}

std::vector<Limit> list(Tx& tx) {
  std::vector<Limit> limits;
  for (const auto& row : tx.raw().exec(
           "SELECT coalesce(a.id, 0) AS ca, coalesce(s.id, 0) AS site, split_part(l.key, '/', 2) AS queue,"
           "       coalesce(a.name, s.name, l.key) AS name, l.parallel, l.per_minute,"
           "       (SELECT count(*) FROM job WHERE limit_key = l.key AND state IN ('ready', 'running')) AS held,"
           "       (SELECT count(*) FROM job WHERE limit_key = l.key AND state = 'waiting' AND run_at <= now())"
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
