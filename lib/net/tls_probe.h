// Which certificate does this server show? The answer of a TLS handshake (manual 9.1.4).
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/net/address.h"
#include "lib/pki/certificate.h"

namespace certfleet::net {

struct ProbeTarget {
  Address address;
  std::optional<std::string> sni = {};  // none: no server name is sent
  std::optional<Address> proxy = {};    // an HTTP proxy, by CONNECT; it then resolves the name
};

struct ServedCertificate {
  pki::Certificate leaf;
  std::vector<pki::Certificate> chain;  // what the server sent after it, unchecked, in its order
  std::string peer;                     // "address:port" of the other end: the server, or the proxy
  std::string tls_version;              // "TLSv1.3"
};

// Tries all addresses of the name in turn, makes a handshake and hangs up. Nothing is trusted and nothing is
// sent, so old protocols and weak ciphers are accepted too: the caller compares the exact certificate. A
// server that asks for a client certificate gets none, and its own counts all the same. Failures, each naming
// the target: (unreachable, 2413) the name doesn't resolve; (unreachable, 29) no connection, or the proxy
// refuses; (retry, 2412) the deadline passed; (retry, 2411) the server closed without a certificate, or sent
// one that can't be read; (retry, 29) the handshake failed; (retry) a stop was asked for.
ServedCertificate probe(const ProbeTarget& target, Deadline deadline, std::stop_token stop = {});

}  // namespace certfleet::net
