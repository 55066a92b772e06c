#include "lib/domain/password.h"

#include <algorithm>
#include <bitset>

namespace certfleet::domain {
namespace {

constexpr std::size_t different_min = 5;
constexpr std::size_t piece_max = 4;

bool equal_letters(char a, char b) {
  auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return lower(a) == lower(b);
}

bool is_one_piece_repeated(std::string_view text) {
  for (std::size_t piece = 1; piece <= piece_max; ++piece)
    if (std::equal(text.begin() + static_cast<std::ptrdiff_t>(piece), text.end(), text.begin())) return true;
  return false;
}

}  // namespace

std::optional<PasswordFault> password_fault(std::string_view password, std::string_view user) {
  auto is_start = [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; };
  auto characters = std::count_if(password.begin(), password.end(), is_start);
  if (static_cast<std::size_t>(characters) < password_characters_min) return PasswordFault::too_short;
  std::bitset<256> seen;
  for (char c : password) {
    auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return PasswordFault::control_character;
    seen.set(byte);
  }
  bool named = !user.empty() && std::search(password.begin(), password.end(), user.begin(), user.end(),
                                            equal_letters) != password.end();
  if (named) return PasswordFault::mail_address;
  if (seen.count() < different_min || is_one_piece_repeated(password)) return PasswordFault::repeated;
  return std::nullopt;
}

}  // namespace certfleet::domain
