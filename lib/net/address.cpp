#include "lib/net/address.h"

#include <fmt/format.h>

#include <charconv>

#include "lib/base/error.h"
#include "lib/pki/host_name.h"
#include "lib/pki/printable.h"

namespace certfleet::net {

namespace {

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
  throw Failure(Fault::usage, fmt::format("\"{}\" is not an address: {}", pki::printable(text), why));
}

std::uint16_t port_from(std::string_view digits, std::string_view whole) {
  unsigned value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || value == 0 || value > 65535)
    refuse(whole, "the port is not a number from 1 to 65535");
  return static_cast<std::uint16_t>(value);
}

// Cuts "host" and ":port" apart; the second may be empty.
std::pair<std::string_view, std::string_view> cut(std::string_view text) {
  if (text.starts_with('[')) {
    auto close = text.find(']');
    if (close == std::string_view::npos || !pki::is_ipv6(text.substr(1, close - 1)))
      refuse(text, "no IPv6 address stands between its brackets");
    return {text.substr(1, close - 1), text.substr(close + 1)};
  }
  auto colon = text.find(':');
  if (colon != text.rfind(':')) refuse(text, "an IPv6 address stands in brackets: [::1]:443");
  auto host = text.substr(0, colon);
  return {host, text.substr(host.size())};
}

}  // namespace

std::string to_string(const Address& address) {
  bool v6 = address.host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", address.host, v6 ? "]" : "", address.port);
}

Address parse_address(std::string_view text, std::optional<std::uint16_t> default_port) {
  auto [host, port] = cut(text);
  if (!port.empty() && port.front() != ':') refuse(text, "a colon and the port follow the brackets");
  if (port.empty() && !default_port) refuse(text, "the port is missing");
  return {pki::normalize_host(host), port.empty() ? *default_port : port_from(port.substr(1), text)};
}

}  // namespace certfleet::net
