#include "workers/apply/quote.h"

#include "lib/base/error.h"

namespace certfleet::apply {

std::string quote(std::string_view word) {
  CERTFLEET_INVARIANT(word.find('\0') == std::string_view::npos, "a NUL in a command line");
  std::string quoted = "'";
  for (char c : word) {
    if (c == '\'')
      quoted += "'\\''";  // leave the quotes, one quote, enter them again
    else
      quoted += c;
  }
  return quoted + "'";
}

std::string command_line(std::span<const std::string> words) {
  std::string line;
  for (const auto& word : words) {
    if (!line.empty()) line += ' ';
    line += quote(word);
  }
  return line;
}

}  // namespace certfleet::apply
