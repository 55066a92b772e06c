// What the checks of all nouns are made of (checks.h). Each throws Failure(usage) that begins with `what`, the
// field's name.
#pragma once

#include <initializer_list>
#include <string_view>

#include "lib/base/error.h"

namespace certfleet::domain {

template <class What, class... Arguments>
[[noreturn]] void refuse(const What& what, const Text& why, const Arguments&... arguments) {
  throw Failure(Fault::usage, Text{"{}: {}", "{}: {}"}, what, saying(why, arguments...));
}
template <class... Arguments>
[[noreturn]] void refuse(const Text& what, const Text& why, const Arguments&... arguments) {
  refuse<Text>(what, why, arguments...);
}

inline constexpr Text too_long{"{} バイトあります ({} バイトまで)", "has {} bytes, {} are allowed"};
inline constexpr Text is_needed{"必要です", "is needed"};
inline constexpr Text unknown_value{"\"{}\" という値はありません", "unknown value \"{}\""};

// At most so many bytes, and no control character.
void check_line(std::string_view text, std::size_t bytes_max, const Text& what);
// The same, and nothing beyond ASCII.
void check_ascii(std::string_view text, std::size_t bytes_max, const Text& what);
void check_port(int port, const Text& what);
void check_one_of(std::string_view word, std::initializer_list<std::string_view> words, const Text& what);
// A number by which a CA knows something of ours: 1 to 18 digits, which fit in 64 bits.
void check_ca_number(std::string_view text, const Text& what);
// Two capital letters (ISO 3166-1), or nothing.
void check_country(std::string_view text, const Text& what);
// https:// and something behind it, without blanks.
void check_https_url(std::string_view text, const Text& what);

}  // namespace certfleet::domain
