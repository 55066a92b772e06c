// The table of what `certfleet doctor` may find: one line a finding, in both languages.
#pragma once

#include <span>

#include "admin-cli/doctor_rules.h"

namespace certfleet::cli {

struct Rule {
  std::string_view check;
  std::string_view subject;  // a word of the check's file; empty: any
  Severity severity;
  Text meaning;  // {0} subject, {1} how many, {2} how long
  Text advice;
  double error_after_s = 0;  // a warning that lasts longer is an error; 0: never
};

std::span<const Rule> rules();

}  // namespace certfleet::cli
