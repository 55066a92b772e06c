#include "lib/store/times.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cmath>

namespace certfleet::store {

WallTime wall_time(double epoch_seconds) {
  auto micros = std::chrono::microseconds(std::llround(epoch_seconds * 1e6));
  return WallTime(std::chrono::duration_cast<WallTime::duration>(micros));
}

std::string timestamp(WallTime time) {
  auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  auto micros = std::chrono::duration_cast<std::chrono::microseconds>(time - seconds).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)), micros);
}

}  // namespace certfleet::store
