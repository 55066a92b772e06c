// How a node is looked at over TLS, and what the sight of a certificate means (manual 9.1.4). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/domain/inventory.h"

namespace certfleet::domain {

// The handshake that a node's settings ask for.
struct Handshake {
  std::string host;
  std::uint16_t port = 443;
  std::optional<std::string> server_name;  // SNI
  std::optional<std::string> proxy;        // host:port
};

// By URL: the host itself is the server name, unless it is an address, and the way leads through the
// installation's proxy if there is one. By address: straight there, with the name that is set, if any. None:
// no handshake.
std::optional<Handshake> handshake_of(const VerifyBy& verify, const Settings& settings);

// What a node serves, seen from its service.
enum class Served { match, previous, other };
std::string_view to_string(Served served);

// match: the service's current certificate, the one that expires last; previous: the other one; other: none
// of them. Serial number and SHA-256 must both be the same.
Served judge(std::string_view serial, std::string_view sha256, std::span<const StoredCertificate> of_service);

}  // namespace certfleet::domain
