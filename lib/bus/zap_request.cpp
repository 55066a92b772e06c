#include "lib/bus/zap_request.h"

#include <algorithm>

namespace certfleet::bus {
namespace {

constexpr std::size_t address_bytes_max = 64;
// Version, request id, domain, address, identity, mechanism, and of CURVE the key.
constexpr std::size_t curve_parts = 7;

std::string plain(std::string text) {
  if (text.size() > address_bytes_max) text.resize(address_bytes_max);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

}  // namespace

ZapRequest ZapRequest::parse(const std::vector<std::string>& parts) {
  auto part = [&](std::size_t i) { return i < parts.size() ? parts[i] : std::string(); };
  ZapRequest request{.id = part(1), .address = plain(part(3)), .key = {}};
  KeyBytes bytes;
  std::string key = part(6);
  if (parts.size() != curve_parts || part(0) != "1.0" || part(2) != zap_domain || part(5) != "CURVE" ||
      key.size() != bytes.size())
    return request;
  std::copy(key.begin(), key.end(), bytes.begin());
  request.key = PublicKey(bytes);
  return request;
}

std::vector<std::string> zap_answer(const ZapRequest& request, const std::optional<PeerId>& peer) {
  return {"1.0",
          request.id,
          peer ? "200" : "400",
          peer ? "OK" : "refused",
          peer ? std::to_string(peer->value()) : "",
          ""};
}

}  // namespace certfleet::bus
