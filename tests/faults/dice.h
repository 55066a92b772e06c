// The randomness of a round: one seed, one round.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace certfleet::faults {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}

  // Dice of their own for a part: however often that throws, these go on the same.
  Dice part() { return Dice(engine_()); }
  int below(int end) { return static_cast<int>(engine_() % static_cast<std::uint64_t>(end)); }
  bool one_in(int n) { return below(n) == 0; }
  std::chrono::milliseconds between(std::chrono::milliseconds low, std::chrono::milliseconds high) {
    return low + std::chrono::milliseconds(below(static_cast<int>((high - low).count()) + 1));
  }
  template <class T>
  const T& of(const std::vector<T>& all) {
    return all.at(static_cast<std::size_t>(below(static_cast<int>(all.size()))));
  }
  template <class T>
  std::vector<T> shuffled(std::vector<T> all) {
    for (auto left = static_cast<int>(all.size()); left > 1; --left)
      std::swap(all[static_cast<std::size_t>(left) - 1], all[static_cast<std::size_t>(below(left))]);
    return all;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace certfleet::faults
