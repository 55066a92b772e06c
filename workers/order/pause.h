#pragma once

#include <chrono>
#include <stop_token>

#include "lib/base/clock.h"

namespace certfleet::order {

// Waits for `span`, at most until the deadline. False, and at once, when a stop is asked for.
bool pause(std::chrono::milliseconds span, Deadline deadline, const std::stop_token& stop);

}  // namespace certfleet::order
