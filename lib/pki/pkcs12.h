// PKCS #12 files (RFC 7292) for the servers that take key and certificate in one: Windows IIS.
#pragma once

#include <string>
#include <string_view>

#include "lib/pki/chain.h"
#include "lib/pki/key.h"

namespace certfleet::pki {

// `compatible` is 3DES with SHA-1, the only form that Windows before build 17763 opens; `modern` is AES-256
// with PBKDF2 and HMAC-SHA-256. Either way the password must be random and used once.
enum class Pkcs12Form { compatible, modern };

// Key, leaf and intermediates (not the root) under one password. Failure(usage, 1651) if the key doesn't fit
// the leaf, Failure(permanent, 1843) if it can't be made.
Secret make_pkcs12(const PrivateKey& key, const Chain& chain, const Secret& password,
                   std::string_view friendly_name, Pkcs12Form form);

struct Pkcs12Content {
  PrivateKey key;
  Chain chain;
};
// Failure(usage, 28) if it is damaged, the password is wrong, or there is no key or no certificate.
Pkcs12Content open_pkcs12(const Secret& bytes, const Secret& password);

}  // namespace certfleet::pki
