// Certificates that a service holds: two generations at most, in slots 1 and 2 (manual 7.2.7, 8.6.3).
#pragma once

#include <optional>
#include <vector>

#include "lib/domain/inventory.h"
#include "lib/pki/chain.h"
#include "lib/store/transaction.h"

namespace certfleet::store::certificates {

domain::StoredCertificate get(Tx& tx, CertificateId id);  // Failure(not_found)
// The newest: the one that expires last.
std::optional<domain::StoredCertificate> current(Tx& tx, ServiceId service);
std::vector<domain::StoredCertificate> list(Tx& tx,
                                            ServiceId service);  // the one that expires last comes first

// Where one was stored.
struct Place {
  CertificateId id;
  int slot = 1;
  bool renewed = false;                                 // the very same certificate was there already
  std::optional<domain::StoredCertificate> replaced{};  // the one that had to go
};

// Stores an issued certificate. A third one replaces the one that expires sooner; keys that nothing uses any
// more go with it. The very same certificate again is no third one. `key_pair`, `order`: 0 if the key is not
// ours, if it was not ordered by us. Whoever stores one for the same service at the same time waits.
Place store_issued(Tx& tx, ServiceId service, const pki::Chain& chain, KeyPairId key_pair, OrderId order);

}  // namespace certfleet::store::certificates
