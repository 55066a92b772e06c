#include "lib/store/rows.h"

namespace certfleet::store {

std::optional<std::string> bytea_text(const std::optional<std::string>& bytes) {
  if (!bytes || bytes->empty()) return std::nullopt;
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "\\x";
  text.reserve(2 + 2 * bytes->size());
  for (char c : *bytes) {
    auto byte = static_cast<unsigned char>(c);
    text += digits[byte >> 4U];
    text += digits[byte & 15U];
  }
  return text;
}

}  // namespace certfleet::store
