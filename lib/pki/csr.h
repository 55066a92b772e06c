// PKCS #10 certificate signing requests (RFC 2986): made by us, or pasted and read from files (manual 8.6.1).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/pki/key.h"

namespace certfleet::pki {

// Manual 8.5.3 to 8.5.8. Empty fields are left out of the request.
struct Subject {
  std::string common_name = {};
  std::string country = {};  // two letters
  std::string state = {};
  std::string locality = {};
  std::string organization = {};
  std::string unit = {};
  std::string email = {};
};

// Failure(usage) naming the field if one is too long, has control characters or isn't UTF-8, if the country
// isn't two letters, or if the common name is no DNS name.
void check_subject(const Subject& subject);

// A request as PEM, signed with SHA-256. Its subjectAltName has the common name first,
// then `sans`. Failure(usage) for what check_subject() and normalize_sans() refuse.
std::string make_csr(const PrivateKey& key, const Subject& subject, const std::vector<std::string>& sans);

class Csr {
 public:
  // Exactly one request, and its signature by its own key holds. CRLF and text around the block are accepted.
  // Failure(usage, 28) with the reason.
  static Csr from_pem(std::string_view pem);

  const std::string& pem() const { return pem_; }  // written anew, without what stood around it
  const std::string& der() const { return der_; }
  const std::string& common_name() const { return common_name_; }  // empty if there is none
  // The DNS names: the common name if it is one, then subjectAltName; lower case, each once.
  const std::vector<std::string>& names() const { return names_; }
  const std::string& spki_sha256() const { return spki_sha256_; }
  bool matches(const PrivateKey& key) const { return key.spki_sha256() == spki_sha256_; }

 private:
  Csr() = default;
  std::string pem_, der_, common_name_, spki_sha256_;
  std::vector<std::string> names_;
};

}  // namespace certfleet::pki
