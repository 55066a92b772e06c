// How long: "3 days", "2 h 5 min". The two largest units that matter.
#pragma once

#include <chrono>
#include <string>

#include "admin-cli/text.h"

namespace certfleet::cli {

// Of a negative span its size.
std::string span_text(std::chrono::seconds span, Language language);
std::string span_text(double seconds, Language language);

}  // namespace certfleet::cli
