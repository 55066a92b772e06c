// Bytes as text and their digests.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace certfleet::pki {

std::string to_hex(std::string_view bytes);  // lower case
std::string sha256(std::string_view bytes);  // 32 bytes
std::string sha256_hex(std::string_view bytes);

// RFC 4648 section 4, with padding, without line breaks.
std::string base64(std::string_view bytes);
// RFC 4648 section 5 without padding, as JOSE wants it.
std::string base64url(std::string_view bytes);
// None if the text is not exactly that: padding, blanks and stray bits are refused.
std::optional<std::string> from_base64(std::string_view text);
std::optional<std::string> from_base64url(std::string_view text);

}  // namespace certfleet::pki
