// Foreign words on their way into the database: what a node, a CA or a mail server said. The database takes only
// well-formed UTF-8 without NUL, and what says why something failed must never keep it from being written down.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace certfleet::store {

inline constexpr std::size_t words_bytes_max = 1000;  // what is shown of a trace's argument (lib/trace/render.h)

// One line of valid text: line ends become blanks, other control characters and stray bytes `?`; a longer one is cut.
std::string words(std::string_view text);
std::vector<std::string> words(const std::vector<std::string>& texts);

}  // namespace certfleet::store
