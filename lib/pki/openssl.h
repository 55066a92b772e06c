// For the .cpp files of this room and of lib/net only: owning handles for OpenSSL's objects.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

#include "lib/pki/key.h"

namespace certfleet::pki {

template <auto Free>
struct FreedBy {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

using BioPtr = std::unique_ptr<BIO, FreedBy<BIO_free_all>>;
using BignumPtr = std::unique_ptr<BIGNUM, FreedBy<BN_clear_free>>;
using EcdsaSigPtr = std::unique_ptr<ECDSA_SIG, FreedBy<ECDSA_SIG_free>>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>>;
using PkeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, FreedBy<EVP_PKEY_CTX_free>>;
using DigestContextPtr = std::unique_ptr<EVP_MD_CTX, FreedBy<EVP_MD_CTX_free>>;
using X509Ptr = std::unique_ptr<X509, FreedBy<X509_free>>;
using X509NamePtr = std::unique_ptr<X509_NAME, FreedBy<X509_NAME_free>>;
using X509ReqPtr = std::unique_ptr<X509_REQ, FreedBy<X509_REQ_free>>;
using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, FreedBy<GENERAL_NAMES_free>>;
using AuthorityKeyIdPtr = std::unique_ptr<AUTHORITY_KEYID, FreedBy<AUTHORITY_KEYID_free>>;

// Macros with old casts inside; freed with their elements.
struct FreeExtensions {
  void operator()(STACK_OF(X509_EXTENSION) * list) const;
};
using ExtensionsPtr = std::unique_ptr<STACK_OF(X509_EXTENSION), FreeExtensions>;

struct PrivateKey::Native {
  PkeyPtr pkey;
};

inline EVP_PKEY* native(const PrivateKey& key) {
  return key.native().pkey.get();
}

// The reason of the first error that OpenSSL noted, without its file names; empties its list of errors.
std::string openssl_reason();

// Failure(permanent) "`what`: reason" if `result` is not above 0: for calls that only fail without memory or
// through a mistake of ours.
void must(int result, std::string_view what);
void must(const void* result, std::string_view what);

// DER of an object by its i2d function.
template <class T>
std::string der_of(const T* object, int (*encode)(const T*, unsigned char**)) {
  int size = encode(object, nullptr);
  must(size, "encode as DER");
  std::string der(static_cast<std::size_t>(size), '\0');
  auto* out = reinterpret_cast<unsigned char*>(der.data());
  must(encode(object, &out), "encode as DER");
  return der;
}

// SHA-256 of the SubjectPublicKeyInfo, in hex.
std::string spki_sha256_of(const X509_PUBKEY* key);

// The text of the last entry of that kind; empty if there is none. `what` starts the message. Failure(usage,
// 28) if it has a zero inside or can't be read as UTF-8.
std::string name_entry(const X509_NAME* name, int nid, std::string_view what);

// The DNS names of a subjectAltName in lower case, each once. Failure(usage, 28) for more than sans_max, and
// for names with blanks, control characters or bytes beyond ASCII.
std::vector<std::string> dns_names_of(const GENERAL_NAMES* names, std::string_view what);

}  // namespace certfleet::pki
