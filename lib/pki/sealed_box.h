// Secrets in the database: anyone with the public key seals, only hosts with the private key open (DESIGN
// section 4). A box is bound to its purpose, so that one copied into another column does not open there.
//
// Box: 1 byte version (1), 8 bytes key id, then a libsodium sealed box (X25519, XSalsa20-Poly1305) over
//   1 byte length of the purpose, the purpose, the secret.
// Key file: for each key three lines, "certfleet-sealing-key-1", "id <hex>", "secret <base64>"; mode 0600.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/pki/secret.h"

namespace certfleet::pki {

// id: the first 8 bytes of SHA-256 of the public key, in hex.
struct SealingPublicKey {
  std::string id;
  std::string bytes;  // 32

  // Failure(usage) if these are not 32 bytes.
  static SealingPublicKey from_bytes(std::string_view bytes);
};

class SealingKey {
 public:
  static SealingKey generate();
  // Failure(usage) if the text is not what to_file_text() wrote, or its id does not fit its key.
  static SealingKey from_file_text(const Secret& text);
  // The same for a file of one key or more.
  static std::vector<SealingKey> all_from_file_text(const Secret& text);
  Secret to_file_text() const;

  const SealingPublicKey& public_key() const { return public_key_; }
  const std::string& id() const { return public_key_.id; }
  const Secret& secret_bytes() const { return secret_; }

 private:
  SealingKey(SealingPublicKey public_key, Secret secret);
  static SealingKey take(std::string_view& text);

  SealingPublicKey public_key_;
  Secret secret_;
};

// The bytes of the box. Failure(usage) if the secret or the purpose is too large (limits.h) or the purpose
// is empty.
std::string seal(const SealingPublicKey& key, std::string_view purpose, const Secret& secret);

// Several keys may be given, as there are while keys are rotated; the box says which one it needs.
// Failure(permanent) naming the key id if none of `keys` has it, and if the box is damaged or was sealed for
// another purpose.
Secret open(std::span<const SealingKey> keys, std::string_view purpose, std::string_view box);

// The same secret for the same purpose, which need not be known, sealed to another key. Failures as of open().
std::string reseal(std::span<const SealingKey> keys, const SealingPublicKey& to, std::string_view box);

// The id of the key that opens this box. Failure(permanent) if it isn't a box.
std::string sealing_key_id(std::string_view box);

}  // namespace certfleet::pki
