// A fresh random name for a process (RFC 4122, version 4).
#pragma once

#include <string>

namespace certfleet::bus {

std::string random_uuid();

}  // namespace certfleet::bus
