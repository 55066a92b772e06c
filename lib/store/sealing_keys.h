// Public halves of the sealing keys: whoever has a secret to store seals it to the active one (DESIGN section
// 4).
#pragma once

#include "lib/store/transaction.h"

namespace certfleet::store::sealing_keys {

struct SealingKey {
  std::string id;          // first 8 bytes of the SHA-256 of the public key, in hex
  std::string public_key;  // 32 bytes
  bool active = true;
};

SealingKey active(Tx& tx);                // Failure(not_found): certfleet init has not made one
std::vector<SealingKey> list(Tx& tx);     // newest first
void add(Tx& tx, const SealingKey& key);  // becomes the active one; the others still open old boxes

}  // namespace certfleet::store::sealing_keys
