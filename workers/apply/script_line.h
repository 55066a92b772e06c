// The command line that runs a script on a node. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "workers/apply/remote.h"

namespace certfleet::apply {

// How the login becomes the execution id (manual 9.1.6).
enum class Elevation { none, sudo, su };

// Values and script in one line for the login's shell. `password`: sudo is to read one from standard input;
// su always does.
std::string script_line(const Script& script, const std::vector<std::string>& args, Elevation elevation,
                        const std::string& user, bool password);

// A line that stands before the script's own input: what comes before it is dropped. sudo with a fresh time
// stamp, or told NOPASSWD, leaves the password line to whoever reads next. A shell reads a pipe byte by byte,
// so nothing after the mark is lost.
inline constexpr std::string_view input_mark = "-----certfleet input-----";

}  // namespace certfleet::apply
