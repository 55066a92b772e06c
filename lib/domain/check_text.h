// What the checks of all nouns are made of (checks.h). Each throws Failure(usage) that begins with `what`, the
// field's name.
#pragma once

#include <initializer_list>
#include <string_view>

namespace certfleet::domain {

[[noreturn]] void refuse(std::string_view what, std::string_view why);

// At most so many bytes, and no control character.
void check_line(std::string_view text, std::size_t bytes_max, std::string_view what);
// The same, and nothing beyond ASCII.
void check_ascii(std::string_view text, std::size_t bytes_max, std::string_view what);
void check_port(int port, std::string_view what);
void check_one_of(std::string_view word, std::initializer_list<std::string_view> words, std::string_view what);

}  // namespace certfleet::domain
