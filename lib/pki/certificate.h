// One X.509 certificate (RFC 5280) as a value: its bytes and what they say. No trust is implied; nothing here
// looks at the clock.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.h"
#include "lib/pki/key.h"

namespace certfleet::pki {

class Certificate {
 public:
  // Exactly one. Failure(usage, 28) if it is malformed, Failure(usage, 1660) if there are several.
  static Certificate from_pem(std::string_view pem);
  // Failure(usage, 28) also if bytes follow it.
  static Certificate from_der(std::string_view der);

  const std::string& pem() const { return pem_; }  // written anew, without what stood around it
  const std::string& der() const { return der_; }

  // Lower-case hex of whole bytes, without prefix and leading zero bytes ("0a12"), as in the database.
  const std::string& serial() const { return serial_; }
  const std::string& sha256() const { return sha256_; }            // fingerprint: of the DER, in hex
  const std::string& common_name() const { return common_name_; }  // of the subject; empty if there is none
  const std::vector<std::string>& dns_names() const { return dns_names_; }  // subjectAltName, lower case
  const std::vector<std::string>& addresses() const { return addresses_; }  // subjectAltName, IP addresses
  const std::string& subject() const { return subject_; }                   // RFC 2253 text
  const std::string& issuer() const { return issuer_; }
  // Clamped to the years 1700 to 2261 that WallTime can hold: certificates without an end say 9999.
  WallTime not_before() const { return not_before_; }
  WallTime not_after() const { return not_after_; }
  const std::string& spki_sha256() const { return spki_sha256_; }
  bool is_ca() const { return is_ca_; }
  bool self_signed() const { return self_signed_; }  // issued to itself, and the signature says so

  bool matches(const PrivateKey& key) const { return key.spki_sha256() == spki_sha256_; }
  // RFC 6125: by the DNS names, a wildcard standing for one left-most label; by the IP addresses if `host` is
  // one; by the common name only if there is no subjectAltName at all.
  bool covers(std::string_view host) const;
  // True if `issuer` signed this: the names and key identifiers fit and the signature verifies.
  bool issued_by(const Certificate& issuer) const;

  // base64url(authority key identifier) "." base64url(serial octets): the certificate's name in ARI (RFC 9773
  // section 4.1). Empty if the certificate has no authority key identifier.
  const std::string& ari_id() const { return ari_id_; }

  bool operator==(const Certificate& other) const { return der_ == other.der_; }

 private:
  friend struct CertificateParser;
  Certificate() = default;

  std::string pem_, der_, serial_, sha256_, common_name_, subject_, issuer_, spki_sha256_, ari_id_;
  std::vector<std::string> dns_names_, addresses_;
  WallTime not_before_, not_after_;
  bool is_ca_ = false;
  bool self_signed_ = false;
  bool has_alternative_names_ = false;
};

// How a person reads a serial number: "0x784d…" (manual 12.2).
std::string show_serial(std::string_view serial);

}  // namespace certfleet::pki
