// Where to connect to, as people write it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace certfleet::net {

struct Address {
  std::string host;  // a DNS name in lower case, or an IP address without brackets
  std::uint16_t port = 0;

  bool operator==(const Address&) const = default;
};

std::string to_string(const Address& address);  // "host:port", "[v6]:port"

// "host:port" or "[v6]:port"; without a port `default_port` if there is one. Failure(usage) naming the text.
Address parse_address(std::string_view text, std::optional<std::uint16_t> default_port = std::nullopt);

}  // namespace certfleet::net
