#include "admin-cli/doctor_rules.h"

#include <array>
#include <cmath>

#include "admin-cli/doctor_texts.h"
#include "admin-cli/span.h"
#include "lib/base/error.h"

namespace certfleet::cli {
namespace {

using store::checks::Row;

constexpr double clock_warning_s = 5;  // of a host against the database
constexpr double clock_error_s = 60;   // certificates and logs tell wrong times

Finding finding(Severity severity, std::string_view check, const Row& row, const Rule& rule) {
  return {severity, std::string(check), row.subject, row.found, row.seconds, rule.meaning, rule.advice};
}

const Rule& rule_of(std::string_view check, std::string_view subject) {
  for (const auto& rule : rules())
    if (rule.check == check && (rule.subject.empty() || rule.subject == subject)) return rule;
  CERTFLEET_INVARIANT(false, check);
  return rules().front();
}

std::int64_t found(const std::vector<Row>& rows, std::string_view subject) {
  for (const auto& row : rows)
    if (row.subject == subject) return row.found;
  return 0;
}

std::vector<Finding> judge_scheduler(const std::vector<Row>& rows) {
  if (found(rows, "leading") > 0) return {};
  auto subject = found(rows, "lock") > 0 ? "frozen" : found(rows, "connected") > 0 ? "connected" : "none";
  return {finding(Severity::error, "scheduler", {subject, found(rows, "connected"), {}},
                  rule_of("scheduler", subject))};
}

std::vector<Finding> judge_connected_brokers(const std::vector<Row>& rows) {
  auto enrolled = found(rows, "enrolled");
  auto connected = found(rows, "connected");
  if (connected >= enrolled) return {};
  auto subject = connected == 0 ? "none" : "some";
  return {finding(connected == 0 ? Severity::error : Severity::warning, "brokers",
                  {subject, enrolled - connected, {}}, rule_of("brokers", subject))};
}

// A queue without a worker is bad as soon as something waits for one.
std::vector<Finding> judge_workers(const std::vector<Row>& rows) {
  std::vector<Finding> findings;
  for (const auto& row : rows) {
    bool site = row.subject.find(' ') != std::string::npos;
    const auto& rule = rule_of("workers", row.found == 0 ? "idle" : site ? "site" : "queue");
    findings.push_back(finding(row.found > 0 ? Severity::error : Severity::warning, "workers", row, rule));
  }
  return findings;
}

Severity clock_severity(double seconds) {
  return std::abs(seconds) > clock_error_s ? Severity::error : Severity::warning;
}

}  // namespace

std::string meaning_of(const Finding& finding, Language language) {
  auto span = finding.seconds ? span_text(*finding.seconds, language) : std::string("-");
  return finding.meaning.with(language, finding.subject, finding.found, span);
}

std::string advice_of(const Finding& finding, Language language) {
  auto span = finding.seconds ? span_text(*finding.seconds, language) : std::string("-");
  return finding.advice.with(language, finding.subject, finding.found, span);
}

std::vector<Finding> judge(std::string_view check, const std::vector<Row>& rows) {
  if (check == "scheduler") return judge_scheduler(rows);
  if (check == "brokers") return judge_connected_brokers(rows);
  if (check == "workers") return judge_workers(rows);
  std::vector<Finding> findings;
  for (const auto& row : rows) {
    const auto& rule = rule_of(check, row.subject);
    if (row.found == 0) continue;
    bool long_ago = rule.error_after_s > 0 && row.seconds.value_or(0) > rule.error_after_s;
    auto severity = check == "clocks" ? clock_severity(row.seconds.value_or(0))
                    : long_ago        ? Severity::error
                                      : rule.severity;
    findings.push_back(finding(severity, check, row, rule));
  }
  return findings;
}

std::vector<Finding> judge_schema(int found, int needed, bool same_code) {
  if (found == needed && same_code) return {};
  auto subject = found == 0 ? "none" : found < needed ? "older" : found > needed ? "newer" : "code";
  return {finding(Severity::error, "schema", {subject, found, {}}, rule_of("schema", subject))};
}

std::vector<Finding> judge_clock(std::chrono::duration<double> ahead, std::chrono::duration<double> unsure) {
  double seconds = std::max(0.0, std::abs(ahead.count()) - unsure.count());
  if (seconds <= clock_warning_s) return {};
  auto subject = ahead.count() > 0 ? "ahead" : "behind";
  return {finding(clock_severity(seconds), "clock", {subject, 0, ahead.count()}, rule_of("clock", subject))};
}

std::vector<Finding> judge_brokers(const std::vector<bus::Probed>& brokers) {
  std::vector<Finding> findings;
  for (const auto& broker : brokers) {
    if (broker.answer == bus::Answer::alive) continue;
    findings.push_back(finding(Severity::error, "broker", {broker.endpoint, 0, {}},
                               rule_of("broker", to_string(broker.answer))));
  }
  return findings;
}

Finding unreachable_database(const std::string& why) {
  return finding(Severity::error, "database", {why, 0, {}}, rule_of("database", ""));
}

Finding unchecked(std::string_view check, const std::string& why) {
  return finding(Severity::warning, check, {why, 0, {}}, rule_of("unchecked", ""));
}

}  // namespace certfleet::cli
