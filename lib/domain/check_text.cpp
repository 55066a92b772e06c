#include "lib/domain/check_text.h"

namespace certfleet::domain {
namespace {

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

}  // namespace

void check_line(std::string_view text, std::size_t bytes_max, const Text& what) {
  if (text.size() > bytes_max) refuse(what, too_long, text.size(), bytes_max);
  for (char c : text)
    if (is_control(c)) refuse(what, {"制御文字は使えません", "control characters are not allowed"});
}

void check_ascii(std::string_view text, std::size_t bytes_max, const Text& what) {
  check_line(text, bytes_max, what);
  for (char c : text)
    if (static_cast<unsigned char>(c) > 0x7e)
      refuse(what, {"半角の英数字と記号だけが使えます", "only ASCII letters, digits and marks are allowed"});
}

void check_port(int port, const Text& what) {
  if (port < 1 || port > 65535)
    refuse(what, {"{} はポート番号ではありません (1～65535)", "{} is no port: 1 to 65535"}, port);
}

void check_one_of(std::string_view word, std::initializer_list<std::string_view> words, const Text& what) {
  for (auto allowed : words)
    if (word == allowed) return;
  refuse(what, unknown_value, word);
}

}  // namespace certfleet::domain
