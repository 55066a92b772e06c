// Private keys of servers and ACME accounts.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/pki/secret.h"

namespace certfleet::pki {

// What a key spec may ask for (manual 8.5.1, 8.5.2).
enum class KeyAlgorithm { rsa_2048, rsa_4096, ecdsa_p256, ecdsa_p384 };
std::string_view to_string(KeyAlgorithm algorithm);  // "rsa-2048", "ecdsa-p256", …
std::optional<KeyAlgorithm> key_algorithm_from(std::string_view text);

// One private key. A thread owns it. Its bytes are wiped by OpenSSL when it dies.
class PrivateKey {
 public:
  // RSA keys take up to some seconds.
  static PrivateKey generate(KeyAlgorithm algorithm);
  // One unencrypted PEM block: PKCS #8, or the older RSA and EC forms. Failure(usage, 28) with a plain reason
  // if there is none or more than one, if it is encrypted, damaged or inconsistent, or if it is neither RSA
  // of 2048 to 8192 bits nor EC on P-256, P-384 or P-521.
  static PrivateKey from_pem(const Secret& pem);

  ~PrivateKey();
  PrivateKey(PrivateKey&& other) noexcept;
  PrivateKey& operator=(PrivateKey&& other) noexcept;

  Secret to_pem() const;            // PKCS #8, unencrypted
  std::string public_pem() const;   // SubjectPublicKeyInfo
  std::string spki_sha256() const;  // of the SubjectPublicKeyInfo as DER, in hex
  // "rsa-2048", "ecdsa-p256"; for imported ones also "rsa-3072", "ecdsa-p521" and the like.
  std::string algorithm() const;

  // The EVP_PKEY, for the other files of this room and for TLS in lib/net. Lives as long as this object.
  struct Native;
  const Native& native() const { return *native_; }

 private:
  friend struct KeyAccess;
  explicit PrivateKey(std::unique_ptr<Native> native);
  std::unique_ptr<Native> native_;
};

}  // namespace certfleet::pki
