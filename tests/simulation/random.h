// All chance of one life comes from its seed.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace certfleet::simulation {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  double unit() { return static_cast<double>(engine_() >> 11U) * 0x1.0p-53; }  // in [0, 1)
  bool chance(double probability) { return unit() < probability; }
  int between(int lowest, int highest) {
    return lowest + static_cast<int>(unit() * static_cast<double>(highest - lowest + 1));
  }
  std::chrono::milliseconds span(int lowest_ms, int highest_ms) {
    return std::chrono::milliseconds(between(lowest_ms, highest_ms));
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace certfleet::simulation
