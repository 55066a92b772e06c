// Ended jobs as finish.sql takes them.
#pragma once

#include <string>

#include "lib/base/id.h"
#include "lib/store/arrays.h"

namespace certfleet::store {

// Runs of consecutive ids under one fence; as array literals, an item a run.
struct Runs {
  std::string firsts, lasts, fences, befores;
};

class RunsBuilder {
 public:
  void add(JobId id, Fence fence);  // in ascending order of ids
  Runs take();

 private:
  void end_run();

  ArrayLiteral firsts_, lasts_, fences_, befores_;
  JobId last_;  // 0: no run is open
  Fence fence_;
  std::int64_t count_ = 0;
};

}  // namespace certfleet::store
