// One line a message to standard error, for journald. The logger is the only global of the code base.
// Never log a secret, a mail's text or a message's payload.
#pragma once

#include <spdlog/spdlog.h>

#include <string_view>

namespace certfleet::log {

// `program` stands at the start of each line; `level` is trace, debug, info, warning or error.
void start(std::string_view program, std::string_view level);

using spdlog::debug;
using spdlog::error;
using spdlog::info;
using spdlog::warn;

}  // namespace certfleet::log
