#include "admin-cli/width.h"

#include <locale.h>

#include <cstdint>
#include <cwchar>

namespace certfleet::cli {
namespace {

// The C library's tables of widths, whatever the user's locale is: C.UTF-8 is part of Debian's libc. They are read
// once and kept: reading them takes longer than a cell.
class Utf8Locale {
 public:
  Utf8Locale() : before_(uselocale(tables())) {}
  ~Utf8Locale() { uselocale(before_); }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  static locale_t tables() {
    static const locale_t kept = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return kept;
  }
  locale_t before_;
};

struct Character {
  wchar_t code = 0;
  std::size_t bytes = 1;
  bool valid = false;
};

Character next_character(std::string_view text) {
  Character character;
  std::mbstate_t state{};
  auto bytes = std::mbrtowc(&character.code, text.data(), text.size(), &state);
  if (bytes == 0 || bytes > text.size()) return character;  // NUL, or no UTF-8: one byte
  character.bytes = bytes;
  character.valid = true;
  return character;
}

int width_of(const Character& character) {
  if (!character.valid) return 1;
  int width = ::wcwidth(character.code);
  return width < 0 ? 1 : width;
}

}  // namespace

int display_width(std::string_view text) {
  Utf8Locale locale;
  int width = 0;
  while (!text.empty()) {
    auto character = next_character(text);
    width += width_of(character);
    text.remove_prefix(character.bytes);
  }
  return width;
}

std::string fit(std::string_view text, int columns) {
  if (display_width(text) <= columns) return std::string(text);
  Utf8Locale locale;
  std::string kept;
  int width = 0;
  while (!text.empty()) {
    auto character = next_character(text);
    if (width + width_of(character) > columns - 1) break;
    width += width_of(character);
    kept += text.substr(0, character.bytes);
    text.remove_prefix(character.bytes);
  }
  return kept + "…";
}

std::string printable(std::string_view text) {
  Utf8Locale locale;
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    auto character = next_character(text);
    auto code = static_cast<std::uint32_t>(character.code);
    if (!character.valid || code == 0x7f || (code >= 0x80 && code < 0xa0))
      clean += "\uFFFD";
    else if (code < 0x20)
      clean += code == '\n' || code == '\r' || code == '\t' ? " " : "\uFFFD";
    else
      clean += text.substr(0, character.bytes);
    text.remove_prefix(character.bytes);
  }
  return clean;
}

}  // namespace certfleet::cli
