// In words: why a job is where it is, and what happens next. Pure.
#pragma once

#include <string>
#include <vector>

#include "admin-cli/text.h"
#include "lib/store/job_standing.h"

namespace certfleet::cli {

struct Explanation {
  std::string reason;                  // one word, for programs
  std::vector<std::string> sentences;  // why, then what happens next
};

Explanation explain(const store::job_views::Standing& job, Language language);

}  // namespace certfleet::cli
