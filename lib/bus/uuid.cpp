#include "lib/bus/uuid.h"

#include <fmt/format.h>
#include <sodium.h>

#include "lib/base/error.h"

namespace certfleet::bus {

std::string random_uuid() {
  CERTFLEET_INVARIANT(sodium_init() >= 0, "libsodium");
  std::array<unsigned char, 16> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0fU) | 0x40U);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3fU) | 0x80U);
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", bytes[i]);
  }
  return text;
}

}  // namespace certfleet::bus
