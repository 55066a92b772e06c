// The manual's ids (appendix 12.1) of what this room refuses.
#pragma once

namespace certfleet::pki {

inline constexpr int trace_malformed = 28;                 // certificate or private key: the format is wrong
inline constexpr int trace_key_mismatch = 1651;            // certificate and given key are no pair
inline constexpr int trace_common_name_mismatch = 1652;    // the common name is another
inline constexpr int trace_registered_mismatch = 1656;     // certificate and registered key are no pair
inline constexpr int trace_duplicate_or_unrelated = 1659;  // doubled or unrelated certificates
inline constexpr int trace_several_certificates = 1660;    // several certificates in one file

}  // namespace certfleet::pki
