// The ids of this worker's traces (lib/trace/messages_order.cpp), with their arguments.
#pragma once

namespace certfleet::order::trace_id {

inline constexpr int database = 11;        // reason
inline constexpr int cleared = 25;         // slot, serial: a certificate had to go
inline constexpr int stored = 26;          // slot, serial
inline constexpr int unforeseen = 98;      // reason
inline constexpr int unknown_ca = 1611;    // the account and its kind
inline constexpr int csr = 2101;           // reason: the CSR can't be read
inline constexpr int request = 2102;       // whom we call
inline constexpr int failed = 2103;        // reason
inline constexpr int status = 2104;        // what was asked, and the HTTP status
inline constexpr int unexpected = 2105;    // what the answer has or lacks
inline constexpr int domain = 2107;        // name and the CA's reason: it could not be validated
inline constexpr int state = 2109;         // state at the CA
inline constexpr int started = 2112;       // order, common name
inline constexpr int ended = 2113;         // order
inline constexpr int registered = 2114;    // URL of the account
inline constexpr int accepted = 2115;      // URL of the order
inline constexpr int offered = 2116;       // name: its challenge can be answered
inline constexpr int validated = 2117;     // name
inline constexpr int submitted = 2118;     // the CSR
inline constexpr int downloaded = 2119;    // serial
inline constexpr int rate_limited = 2120;  // the CA's words
inline constexpr int nonces = 2121;        // the CA's words
inline constexpr int unacceptable = 2123;  // reason: what was issued is not what was ordered
inline constexpr int cancelled = 2124;
inline constexpr int problem = 2199;  // type, the CA's words

}  // namespace certfleet::order::trace_id
