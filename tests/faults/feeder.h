// Load while something else happens to a house.
#pragma once

#include <thread>

#include "tests/faults/house.h"

namespace certfleet::faults {

// Enqueues plain jobs, some of which take a while, from a thread of its own until it goes. What the database does
// not acknowledge is not enqueued.
class Feeder {
 public:
  explicit Feeder(House& house, int jobs = 10, std::chrono::milliseconds every = std::chrono::milliseconds(20));

  void stop() { thread_ = {}; }

 private:
  std::jthread thread_;
};

}  // namespace certfleet::faults
