// Named places in the product's code where a test can end, freeze or hold a process (docs/faults.md has the list).
// A release build has none of them: without CERTFLEET_FAULT_POINTS a point is nothing at all. Tests build a second
// object of the few files that have points, and twins of the programs from these (tests/CMakeLists.txt).
#pragma once

#ifdef CERTFLEET_FAULT_POINTS
namespace certfleet {
// Does what was armed for this point, if anything; in tests/support/fault_points.
void fault_point(const char* name);
}  // namespace certfleet
#define FAULT_POINT(name) ::certfleet::fault_point(name)
#else
#define FAULT_POINT(name) static_cast<void>(0)
#endif
