#include "lib/store/expiry_events.h"

#include <fmt/format.h>

#include "lib/domain/expiry.h"
#include "lib/store/arrays.h"
#include "lib/store/jobs.h"
#include "lib/store/rows.h"
#include "lib/store/sql.h"
#include "lib/store/traces.h"

namespace certfleet::store::expiry_events {
namespace {

constexpr int trace_under = 1701;
constexpr int trace_expired = 1702;

std::string thresholds() {
  std::string literal;
  for (int days : domain::warning_days) literal += fmt::format("{}{}", literal.empty() ? "{" : ",", days);
  return literal + "}";
}

int tell(Tx& tx, int rows_max) {
  auto rows = tx.raw().exec_params(std::string(sql::query("expiry_told")), thresholds(), rows_max);
  std::vector<traces::Stored> lines;
  for (const auto& row : rows) {
    traces::Stored line;
    int days = row["standing"].as<int>();
    std::vector<std::string> args = {row["name"].as<std::string>()};
    if (days > 0) args.push_back(std::to_string(days));
    line.line = {std::chrono::system_clock::now(), days > 0 ? trace::Level::warning : trace::Level::error, "expiry",
                 days > 0 ? trace_under : trace_expired, 0, std::move(args)};
    line.service = id_of<ServiceId>(row["service_id"]);
    lines.push_back(std::move(line));
  }
  traces::add(tx, lines);
  return static_cast<int>(rows.size());
}

int mail(Tx& tx, int rows_max) {
  std::vector<domain::NewJob> jobs;
  for (const auto& row : tx.raw().exec_params(std::string(sql::query("expiry_mails")), thresholds(), rows_max)) {
    domain::NewJob job;
    job.kind = "mail.send";
    job.subject = row[0].as<std::int64_t>();
    job.service = id_of<ServiceId>(row[1]);
    jobs.push_back(std::move(job));
  }
  jobs::enqueue(tx, jobs);
  return static_cast<int>(jobs.size());
}

}  // namespace

int raise(Tx& tx, int rows_max) { return tell(tx, rows_max) + mail(tx, rows_max); }

}  // namespace certfleet::store::expiry_events
