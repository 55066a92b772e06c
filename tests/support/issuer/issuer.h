// Certificates for tests, made as they are needed: CAs, servers' certificates, and odd ones.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/pki/certificate.h"
#include "lib/pki/key.h"

namespace certfleet::testing {

struct CertificateSpec {
  std::string common_name = {};        // empty: a subject without one
  std::vector<std::string> sans = {};  // as OpenSSL writes them: "DNS:a.test", "IP:127.0.0.1"
  bool ca = false;
  long serial = 0;  // 0: a random one
  std::string not_before = "20240101000000Z";
  std::string not_after = "20490101000000Z";
};

// A key with the right to sign, or a self-signed one.
class Issuer {
 public:
  static Issuer root(const std::string& common_name);
  Issuer intermediate(const std::string& common_name) const;
  // This CA's key and subject, certified by another: a cross-signed certificate.
  pki::Certificate cross_signed(const Issuer& subject) const;

  pki::Certificate issue(const CertificateSpec& spec, const pki::PrivateKey& key) const;
  // A server certificate for one name, which is its common name too.
  pki::Certificate issue_for(const std::string& name, const pki::PrivateKey& key) const;

  const pki::Certificate& certificate() const { return certificate_; }
  const pki::PrivateKey& key() const { return *key_; }

 private:
  Issuer(std::unique_ptr<pki::PrivateKey> key, pki::Certificate certificate);

  std::unique_ptr<pki::PrivateKey> key_;
  pki::Certificate certificate_;
};

pki::Certificate self_signed(const CertificateSpec& spec, const pki::PrivateKey& key);

}  // namespace certfleet::testing
