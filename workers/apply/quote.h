// Command lines for a remote shell, built from words. Nothing else in this program puts text into one.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace certfleet::apply {

// The word in single quotes, so that a POSIX shell passes it on byte by byte. A NUL is a broken invariant.
std::string quote(std::string_view word);

// All words quoted, with blanks between.
std::string command_line(std::span<const std::string> words);

}  // namespace certfleet::apply
