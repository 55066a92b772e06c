// From what the checks counted to what a person must know: how bad it is, what it means, what to do. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin-cli/text.h"
#include "lib/bus/probe.h"
#include "lib/store/checks.h"

namespace certfleet::cli {

enum class Severity { warning, error };  // error: the installation is not healthy

struct Finding {
  Severity severity = Severity::warning;
  std::string check;    // its name: of a file under sql/checks, or of a probe
  std::string subject;  // what it is about
  std::int64_t found = 0;
  std::optional<double> seconds;
  Text meaning;  // {0} subject, {1} found, {2} how long
  Text advice;
};

std::string meaning_of(const Finding& finding, Language language);
std::string advice_of(const Finding& finding, Language language);

// What the rows of a check under sql/checks say. A check that has no rule is a broken invariant.
std::vector<Finding> judge(std::string_view check, const std::vector<store::checks::Row>& rows);

// The probes that are no query.
std::vector<Finding> judge_schema(int found, int needed, bool same_code);
std::vector<Finding> judge_clock(std::chrono::duration<double> ahead, std::chrono::duration<double> unsure);
std::vector<Finding> judge_brokers(const std::vector<bus::Probed>& brokers);
Finding unreachable_database(const std::string& why);
// A check that gave no answer: the time was up, or it may not be asked.
Finding unchecked(std::string_view check, const std::string& why);

}  // namespace certfleet::cli
