// Traces as text, for people (DESIGN section 8).
#pragma once

#include <string>

#include "lib/trace/catalogue.h"
#include "lib/trace/line.h"

namespace certfleet::trace {

// A line with the catalogue's level and module, now.
Line line(int id, std::vector<std::string> args = {});

// "apply <E1811> 00001 login refused [root]": module, level and number, request number, text. Arguments are
// cleaned: no control characters, at most 1000 bytes each. A number that this version does not know is shown
// with its arguments.
std::string render(const Line& line, Language language);

// The text alone.
std::string text_of(const Line& line, Language language);

char letter(Level level);  // I, W, E

}  // namespace certfleet::trace
