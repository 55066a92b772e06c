// Names to addresses, without outliving a deadline or a stop.
#pragma once

#include <sys/socket.h>

#include <string>
#include <vector>

#include "lib/net/address.h"
#include "lib/net/waiter.h"

namespace certfleet::net {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  std::string text() const;  // "192.0.2.1:443", "[2001:db8::1]:443"
};

// In the order that the system prefers (RFC 6724), at least one. Failure(unreachable, 2413) naming the host
// if it doesn't resolve, or not in time.
std::vector<SocketAddress> resolve(const Address& address, const Waiter& waiter);

}  // namespace certfleet::net
