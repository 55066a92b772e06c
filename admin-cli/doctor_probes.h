// Asks every part of the installation how it is. Each question has a deadline, and one that fails keeps none of
// the others from being asked.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "admin-cli/configuration.h"
#include "admin-cli/doctor_rules.h"
#include "lib/base/clock.h"

namespace certfleet::cli {

struct Checked {
  enum class State { answered, unanswered, skipped };  // skipped: there is no database to ask
  std::string name;
  State state = State::answered;
  std::chrono::milliseconds took{0};
};

struct Report {
  std::vector<Checked> checks;    // in the order in which they were asked
  std::vector<Finding> findings;  // errors first
};

struct ProbeLimits {
  std::chrono::milliseconds broker{2000};
  std::chrono::milliseconds statement{5000};  // of one check
  std::chrono::seconds all{30};               // what has not been asked by then is not asked
};

// `language`: of the reasons why something could not be asked.
Report examine(const Configuration& configuration, const Clock& clock, Language language,
               const ProbeLimits& limits = {});

}  // namespace certfleet::cli
