// Waiting in tests: a condition is asked again until it holds or the limit passes. Tests never sleep.
#pragma once

#include <chrono>
#include <functional>

namespace certfleet::testing {

// True as soon as `holds` is; false if it was not within `limit`.
bool eventually(std::chrono::milliseconds limit, const std::function<bool()>& holds);

}  // namespace certfleet::testing
