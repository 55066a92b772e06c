#include "lib/domain/check_text.h"

#include <fmt/format.h>

#include "lib/base/error.h"

namespace certfleet::domain {
namespace {

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

}  // namespace

void refuse(std::string_view what, std::string_view why) {
  throw Failure(Fault::usage, fmt::format("{}: {}", what, why));
}

void check_line(std::string_view text, std::size_t bytes_max, std::string_view what) {
  if (text.size() > bytes_max)
    refuse(what, fmt::format("has {} bytes, {} are allowed", text.size(), bytes_max));
  for (char c : text)
    if (is_control(c)) refuse(what, "control characters are not allowed");
}

void check_ascii(std::string_view text, std::size_t bytes_max, std::string_view what) {
  check_line(text, bytes_max, what);
  for (char c : text)
    if (static_cast<unsigned char>(c) > 0x7e)
      refuse(what, "only ASCII letters, digits and marks are allowed");
}

void check_port(int port, std::string_view what) {
  if (port < 1 || port > 65535) refuse(what, fmt::format("{} is no port: 1 to 65535", port));
}

void check_one_of(std::string_view word, std::initializer_list<std::string_view> words,
                  std::string_view what) {
  for (auto allowed : words)
    if (word == allowed) return;
  refuse(what, fmt::format("unknown value \"{}\"", word));
}

}  // namespace certfleet::domain
