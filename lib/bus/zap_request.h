// What libzmq asks and is told about a connection (ZeroMQ RFC 27, ZAP 1.0), without sockets. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/id.h"
#include "lib/bus/curve.h"

namespace certfleet::bus {

inline constexpr std::string_view zap_domain = "certfleet";
inline constexpr std::size_t zap_parts_max = 16;  // a CURVE request has 7

struct ZapRequest {
  std::string id;       // said again in the answer
  std::string address;  // printable, at most 64 bytes: it ends up in the log
  std::optional<PublicKey>
      key;  // none unless it is a whole and right request about a CURVE key in our domain

  // Of any parts: what is missing is empty.
  static ZapRequest parse(const std::vector<std::string>& parts);
};

// "200" with the peer's id as its user, or "400".
std::vector<std::string> zap_answer(const ZapRequest& request, const std::optional<PeerId>& peer);

}  // namespace certfleet::bus
