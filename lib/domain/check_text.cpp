#include "lib/domain/check_text.h"

namespace certfleet::domain {
namespace {

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_capital(char c) {
  return c >= 'A' && c <= 'Z';
}

constexpr std::size_t url_bytes_max = 2048;  // no address of a CA is near it
constexpr std::size_t ca_number_digits_max = 18;

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

void check_ca_number(std::string_view text, const Text& what) {
  bool digits = !text.empty() && text.size() <= ca_number_digits_max;
  for (char c : text) digits = digits && is_digit(c);
  if (!digits)
    refuse(what, {"\"{}\": 1～{} 桁の数字で指定してください", "\"{}\": needs 1 to {} digits"}, text,
           ca_number_digits_max);
}

void check_country(std::string_view text, const Text& what) {
  if (text.empty() || (text.size() == 2 && is_capital(text[0]) && is_capital(text[1]))) return;
  refuse(what,
         {"\"{}\": JP のような大文字 2 字で指定してください", "\"{}\": needs two capital letters, such as JP"}, text);
}

void check_https_url(std::string_view text, const Text& what) {
  check_ascii(text, url_bytes_max, what);
  constexpr std::string_view scheme = "https://";
  if (!text.starts_with(scheme) || text.size() == scheme.size() || text.find(' ') != std::string_view::npos)
    refuse(what, {"\"{}\" は https:// で始まるアドレスではありません", "\"{}\" is no https:// address"}, text);
}

}  // namespace certfleet::domain
