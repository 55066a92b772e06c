#include "lib/domain/verify.h"

#include <algorithm>

#include "lib/base/error.h"
#include "lib/pki/host_name.h"

namespace certfleet::domain {

std::optional<Handshake> handshake_of(const VerifyBy& verify, const Settings& settings) {
  if (verify.mode == VerifyMode::none) return std::nullopt;
  CERTFLEET_INVARIANT(verify.port > 0 && verify.port <= 65535, verify.host);
  Handshake handshake;
  handshake.host = verify.host;
  handshake.port = static_cast<std::uint16_t>(verify.port);
  if (verify.mode == VerifyMode::address) {
    handshake.server_name = verify.name;
    return handshake;
  }
  if (!pki::is_ip_address(verify.host)) handshake.server_name = verify.host;
  handshake.proxy = settings.proxy;
  return handshake;
}

std::string_view to_string(Served served) {
  switch (served) {
    case Served::match:
      return "match";
    case Served::previous:
      return "previous";
    case Served::other:
      return "other";
  }
  return "unknown";
}

Served judge(std::string_view serial, std::string_view sha256,
             std::span<const StoredCertificate> of_service) {
  auto sooner = [](const StoredCertificate& a, const StoredCertificate& b) {
    return std::pair(a.not_after, a.id) < std::pair(b.not_after, b.id);
  };
  auto newest = std::max_element(of_service.begin(), of_service.end(), sooner);
  auto seen = std::find_if(of_service.begin(), of_service.end(),
                           [&](const auto& one) { return one.serial == serial && one.sha256 == sha256; });
  if (seen == of_service.end()) return Served::other;
  return seen->id == newest->id ? Served::match : Served::previous;
}

}  // namespace certfleet::domain
