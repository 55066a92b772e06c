// Randomness from the operating system's generator. Nothing here fails and nothing here can be foreseen.
#pragma once

#include <cstddef>
#include <string>

#include "lib/pki/secret.h"

namespace certfleet::pki {

std::string random_bytes(std::size_t count);
// 2 * `bytes` lower-case hex digits.
std::string random_hex(std::size_t bytes);
// Version 4, RFC 9562 section 5.4.
std::string random_uuid();
// Letters and digits only, 62 symbols: for one-time passwords that pass through shells and files.
Secret random_password(std::size_t length);

}  // namespace certfleet::pki
