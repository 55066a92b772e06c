// A server's certificate with those that lead up to the CA, and the rules for what is taken in
// (manual 8.6.3): the common name fits, it is one chain, nothing is doubled or unrelated, it is PEM.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/pki/certificate.h"

namespace certfleet::pki {

struct Chain {
  Certificate leaf;
  std::vector<Certificate> intermediates;  // from the leaf upwards, without the root
  std::optional<Certificate> root;         // if the file had it; never sent to a server

  std::string intermediates_pem() const;  // all of them, one after the other; may be empty
  std::string full_pem() const;           // leaf and intermediates: what a server gets in one file
};

// All certificates of a PEM text in its order. Failure(usage, 28) if one is malformed, if there is none, if
// there are more than chain_certificates_max, or if the text holds other blocks, such as a private key.
std::vector<Certificate> certificates_from_pem(std::string_view pem);

// Brings the certificates of a file into order, whatever order they come in. Failure(usage, 1659) if one
// comes twice, or if they don't make one chain in which each is signed by the next, itself a CA.
Chain order_chain(std::string_view pem);
// The same for a service whose certificate and intermediates come in two files (manual 7.2.7). Failure(usage,
// 1660) if the first has several certificates; 1659 also if its certificate is not the chain's leaf.
// `chain_pem` may be empty.
Chain order_chain(std::string_view leaf_pem, std::string_view chain_pem);

// What a service expects of a certificate.
struct Expected {
  std::string common_name = {};
  std::vector<std::string> sans = {};                      // further names that it must carry
  const PrivateKey* key = nullptr;                         // one given together with the certificate
  std::optional<std::string> registered_spki_sha256 = {};  // of the key that the service already has
};

// Failure(usage, 1652) naming both if the common name is another, or if one of `sans` is missing; a
// certificate without common name passes if its alternative names have it. Failure(usage, 1651) if `key`
// doesn't fit, 1656 if the registered key doesn't.
void check_fits(const Chain& chain, const Expected& expected);

}  // namespace certfleet::pki
