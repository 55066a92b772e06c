#include "tests/support/eventually.h"

#include <thread>

namespace certfleet::testing {

bool eventually(std::chrono::milliseconds limit, const std::function<bool()>& holds) {
  auto until = std::chrono::steady_clock::now() + limit;
  for (;;) {
    if (holds()) return true;
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // between two looks, not instead of one
  }
}

}  // namespace certfleet::testing
