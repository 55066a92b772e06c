#include "lib/pki/printable.h"

#include <openssl/asn1.h>

namespace certfleet::pki {

namespace {

// Bytes of the character at the start of `text`; 0 if it is none.
std::size_t character(std::string_view text) {
  unsigned long value = 0;
  auto limit = static_cast<int>(std::min<std::size_t>(text.size(), 6));
  int used = UTF8_getc(reinterpret_cast<const unsigned char*>(text.data()), limit, &value);
  // UTF8_getc knows overlong forms but not the upper end of Unicode.
  if (used <= 0 || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return 0;
  return static_cast<std::size_t>(used);
}

bool is_control(std::string_view one) {
  auto first = static_cast<unsigned char>(one[0]);
  if (one.size() == 1) return first < 0x20 || first == 0x7f;
  return one.size() == 2 && first == 0xc2 && static_cast<unsigned char>(one[1]) < 0xa0;  // U+0080 to U+009F
}

}  // namespace

std::string printable(std::string_view text, std::size_t bytes_max) {
  std::string result;
  while (!text.empty()) {
    auto size = character(text);
    auto one = text.substr(0, std::max<std::size_t>(size, 1));
    if (result.size() + one.size() > bytes_max) return result + "…";
    if (size == 0 || is_control(one))
      result += '?';
    else
      result += one;
    text.remove_prefix(one.size());
  }
  return result;
}

std::string one_line(std::string_view text, std::size_t bytes_max) {
  std::string blanked(text);
  for (char& c : blanked)
    if (c == '\n' || c == '\r' || c == '\t') c = ' ';
  while (blanked.ends_with(' ')) blanked.pop_back();
  return printable(blanked, bytes_max);
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    auto size = character(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace certfleet::pki
