// A process whose clock is wrong: Debian's libfaketime, preloaded into it alone.
#pragma once

#include <map>
#include <string>

namespace certfleet::faults {

// The environment for it; `by` is an offset: "+1h". std::runtime_error if the library is not installed.
std::map<std::string, std::string> wrong_clock(const std::string& by);

}  // namespace certfleet::faults
