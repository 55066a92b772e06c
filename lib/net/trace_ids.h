// The manual's ids (appendix 12.1) of what goes wrong on the way to a server.
#pragma once

namespace certfleet::net {

inline constexpr int trace_connection_failed = 29;  // connecting or the handshake failed
inline constexpr int trace_no_certificate = 2411;   // no certificate was received
inline constexpr int trace_timeout = 2412;          // no answer in time
inline constexpr int trace_name_resolution = 2413;  // the name does not resolve

}  // namespace certfleet::net
