// What makes a password good enough for a user of certfleet (docs/security.md). Checked where it is set: the server
// only ever sees its verifier.
#pragma once

#include <optional>
#include <string_view>

namespace certfleet::domain {

inline constexpr std::size_t password_characters_min = 12;

enum class PasswordFault {
  too_short,          // fewer than password_characters_min characters (code points)
  control_character,  // could not be typed again
  mail_address,       // is the user's address, or holds it
  repeated,           // one piece of up to four characters over and over, or fewer than five different ones
};

// None if it is good.
std::optional<PasswordFault> password_fault(std::string_view password, std::string_view user);

}  // namespace certfleet::domain
