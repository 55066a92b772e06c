// How wide a text stands on a terminal: Japanese characters take two columns, combining marks none.
#pragma once

#include <string>
#include <string_view>

namespace certfleet::cli {

// Columns of a UTF-8 text without control characters. A byte that is no UTF-8 counts as one.
int display_width(std::string_view text);

// At most `columns` wide; what is cut off is shown by "…".
std::string fit(std::string_view text, int columns);

// With control characters made harmless: a name in the database must not be able to steer the terminal.
// Line breaks become spaces.
std::string printable(std::string_view text);

}  // namespace certfleet::cli
