// TCP connections, directly or through an HTTP proxy.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/net/address.h"
#include "lib/net/resolve.h"
#include "lib/net/waiter.h"

namespace certfleet::net {

// A connected, non-blocking socket.
class Socket {
 public:
  Socket(int fd, std::string peer) : fd_(fd), peer_(std::move(peer)) {}
  ~Socket();
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&&) = delete;

  int fd() const { return fd_; }
  const std::string& peer() const { return peer_; }  // "address:port" of the other end
  int release();                                     // the caller closes it

 private:
  int fd_;
  std::string peer_;
};

// Tries all addresses of the name in turn, each with its share of the time that is left. Failure(unreachable,
// 2413) if the name doesn't resolve, (unreachable, 29) with the last reason if none accepts, (retry, 2412) if
// none answered in time.
Socket connect_to(const Address& address, const Waiter& waiter);
Socket connect_to_one_of(const std::vector<SocketAddress>& candidates, const std::string& whom,
                         const Waiter& waiter);

// By CONNECT (RFC 9110 section 9.3.6) if there is a proxy; the proxy then resolves the name.
// Failure(unreachable, 29) naming both if the proxy refuses or doesn't speak HTTP.
Socket connect_through(const std::optional<Address>& proxy, const Address& address, const Waiter& waiter);

// Sends all; `whom` is for the message. Failure(retry, 2412 or 29).
void send_all(const Socket& socket, std::string_view bytes, const Waiter& waiter, std::string_view whom);
// At least one byte of what came, at most `bytes_max`; empty when the other end has closed.
std::string receive_some(const Socket& socket, std::size_t bytes_max, const Waiter& waiter,
                         std::string_view whom);

}  // namespace certfleet::net
