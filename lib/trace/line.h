// A trace as a value: what happened, by number and arguments. It is rendered when it is read.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.h"

namespace certfleet::trace {

enum class Level { info, warning, error };

struct Line {
  WallTime at;
  Level level = Level::info;
  std::string module;
  int id = 0;          // of the catalogue
  int request_no = 0;  // filled in by the pipeline
  std::vector<std::string> args;
};

}  // namespace certfleet::trace
