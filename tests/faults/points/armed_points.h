// The folder from which twins take what their points are to do (tests/support/fault_points).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/temp_dir.h"

namespace certfleet::faults {

// A point that was reached and had something to do.
struct Reached {
  std::string point;
  std::string action;
  pid_t pid = 0;
};

class ArmedPoints {
 public:
  // The next passing does this: kill, stop, wait or pass. Several of one point are done one after another.
  void arm(const std::string& point, const std::string& action, int times = 1);
  std::vector<Reached> reached() const;
  // The `number`-th of all that were reached, from 0; pid 0 if it was not within `limit`.
  Reached wait_for(std::size_t number, std::chrono::milliseconds limit) const;
  // Lets the one go on that waits at this point.
  void release(const std::string& point) const;

  std::string folder() const { return dir_.path().string(); }

 private:
  testing::TempDir dir_{"armed"};
  int tickets_ = 0;
};

}  // namespace certfleet::faults
