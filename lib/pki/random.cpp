#include "lib/pki/random.h"

#include <sodium.h>

#include "lib/base/error.h"
#include "lib/pki/text.h"

namespace certfleet::pki {

namespace {

void fill(std::string& bytes) {
  // Idempotent and thread-safe. It fails only without /dev/urandom and getrandom: nothing to go on with.
  CERTFLEET_INVARIANT(sodium_init() >= 0, "no source of randomness");
  randombytes_buf(bytes.data(), bytes.size());
}

}  // namespace

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  fill(bytes);
  return bytes;
}

std::string random_hex(std::size_t bytes) {
  return to_hex(random_bytes(bytes));
}

std::string random_uuid() {
  auto bytes = random_bytes(16);
  bytes[6] = static_cast<char>((static_cast<unsigned char>(bytes[6]) & 0x0fU) | 0x40U);  // version 4
  bytes[8] = static_cast<char>((static_cast<unsigned char>(bytes[8]) & 0x3fU) | 0x80U);  // variant 10
  auto hex = to_hex(bytes);
  for (std::size_t at : {8U, 13U, 18U, 23U}) hex.insert(at, 1, '-');
  return hex;
}

Secret random_password(std::size_t length) {
  static constexpr std::string_view symbols =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  CERTFLEET_INVARIANT(sodium_init() >= 0, "no source of randomness");
  std::string password(length, '\0');
  for (auto& symbol : password)
    symbol = symbols[randombytes_uniform(static_cast<std::uint32_t>(symbols.size()))];
  return Secret(std::move(password));
}

}  // namespace certfleet::pki
