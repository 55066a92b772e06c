// Private keys that we made or took in, sealed. What opens them is on the workers' hosts only (DESIGN section
// 4).
#pragma once

#include <string>

#include "lib/domain/inventory.h"
#include "lib/store/transaction.h"

namespace certfleet::store::key_pairs {

// The open half of a row; whoever needs the sealed one asks for it with the certificate (applies::material).
struct KeyPair {
  KeyPairId id;
  ServiceId service;
  std::string algorithm;
  std::string spki_sha256;
};

// `key` is sealed for domain::purpose::key_pair(spki_sha256): it opens for no other key pair.
KeyPairId add(Tx& tx, const KeyPair& pair, const domain::Sealed& key);
KeyPair get(Tx& tx, KeyPairId id);  // Failure(not_found)

// Deletes what no certificate and no live order uses: `replaced`, and the keys of the service's orders that
// have ended without a certificate. Their CSRs go with them. Returns how many.
int remove_unused(Tx& tx, ServiceId service, KeyPairId replaced);

}  // namespace certfleet::store::key_pairs
