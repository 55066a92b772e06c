// What is accepted at most. Everything parsed here comes from files, servers and CAs: it may be hostile.
#pragma once

#include <cstddef>

namespace certfleet::pki {

// A PEM file as a whole. A chain of ten certificates with 250 names each stays below half of it.
inline constexpr std::size_t pem_bytes_max = 256U * 1024U;
// Blocks in it, whatever they are: a chain, its key and some to spare.
inline constexpr std::size_t pem_blocks_max = 32;
// One certificate or CSR as DER. The largest seen in the field (2000 names) have about 50 KiB.
inline constexpr std::size_t der_bytes_max = 64U * 1024U;
// Real chains have two to four, with cross-signed ones five.
inline constexpr std::size_t chain_certificates_max = 10;
// What the larger CAs sell in one certificate.
inline constexpr std::size_t sans_max = 250;
// Manual 7.2.3, and ub-common-name of RFC 5280 appendix A.
inline constexpr std::size_t common_name_bytes_max = 64;
// RFC 1035 section 2.3.4: 255 octets on the wire are 253 characters.
inline constexpr std::size_t host_name_bytes_max = 253;
inline constexpr std::size_t label_bytes_max = 63;
// Verifying with a larger key is a way to keep us busy.
inline constexpr int public_key_bits_max = 8192;
// Manual 8.5: subject fields, in bytes.
inline constexpr std::size_t state_bytes_max = 128;
inline constexpr std::size_t locality_bytes_max = 128;
inline constexpr std::size_t organization_bytes_max = 64;
inline constexpr std::size_t unit_bytes_max = 64;
inline constexpr std::size_t email_bytes_max = 128;
// What can be sealed, and under what purpose. Room for a key of 8192 bits, and for long API keys.
inline constexpr std::size_t sealed_secret_bytes_max = 64U * 1024U;
inline constexpr std::size_t purpose_bytes_max = 255;

}  // namespace certfleet::pki
