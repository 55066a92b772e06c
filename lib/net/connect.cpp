#include "lib/net/connect.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "lib/base/error.h"
#include "lib/net/resolve.h"
#include "lib/net/trace_ids.h"
#include "lib/pki/printable.h"

namespace certfleet::net {

namespace {

constexpr std::size_t proxy_answer_bytes_max = 8192;  // a status line and headers

std::string reason(int error) {
  return std::generic_category().message(error);
}

[[noreturn]] void fail(Fault fault, std::string_view whom, std::string_view why) {
  throw Failure(fault, trace_connection_failed, fmt::format("no connection to {}: {}", whom, why));
}

[[noreturn]] void time_out(std::string_view whom) {
  throw Failure(Fault::retry, trace_timeout, fmt::format("no answer from {} in time", whom));
}

// 0 when connected, else the error; ETIMEDOUT at the deadline.
int connect_one(const Socket& socket, const SocketAddress& address, const Waiter& waiter, Deadline deadline) {
  if (::connect(socket.fd(), address.get(), address.size) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  if (!waiter.ready(socket.fd(), POLLOUT, deadline)) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

// The proxy's answer up to the empty line. Byte by byte: what follows belongs to the server.
std::string proxy_answer(const Socket& socket, const Waiter& waiter, const std::string& whom) {
  std::string answer;
  while (!answer.ends_with("\r\n\r\n")) {
    auto byte = receive_some(socket, 1, waiter, whom);
    if (byte.empty()) fail(Fault::unreachable, whom, "the proxy closed the connection");
    answer += byte;
    if (answer.size() > proxy_answer_bytes_max)
      fail(Fault::unreachable, whom, "the proxy's answer is too long");
  }
  return answer;
}

}  // namespace

Socket::~Socket() {
  if (fd_ >= 0) ::close(fd_);
}

Socket::Socket(Socket&& other) noexcept : fd_(other.release()), peer_(std::move(other.peer_)) {}

int Socket::release() {
  return std::exchange(fd_, -1);
}

Socket connect_to(const Address& address, const Waiter& waiter) {
  return connect_to_one_of(resolve(address, waiter), to_string(address), waiter);
}

Socket connect_to_one_of(const std::vector<SocketAddress>& candidates, const std::string& whom,
                         const Waiter& waiter) {
  int error = 0;
  for (std::size_t i = 0; i < candidates.size() && !waiter.deadline().over(); ++i) {
    const auto& candidate = candidates[i];
    // So that one address behind a wall doesn't eat the others' time.
    auto share = waiter.deadline().left() / static_cast<int>(candidates.size() - i);
    Socket socket(::socket(candidate.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
                  candidate.text());
    error = socket.fd() < 0 ? errno : connect_one(socket, candidate, waiter, waiter.deadline().within(share));
    if (error != 0) continue;
    int on = 1;
    ::setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return socket;
  }
  if (error == ETIMEDOUT || error == 0) time_out(whom);
  fail(Fault::unreachable, whom, reason(error));
}

Socket connect_through(const std::optional<Address>& proxy, const Address& address, const Waiter& waiter) {
  if (!proxy) return connect_to(address, waiter);
  auto socket = connect_to(*proxy, waiter);
  auto target = to_string(address);
  auto whom = fmt::format("{} through the proxy {}", target, to_string(*proxy));
  send_all(socket, fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n\r\n", target), waiter, whom);
  auto answer = proxy_answer(socket, waiter, whom);
  // "HTTP/1.1 200 Connection established"
  if (!answer.starts_with("HTTP/1.") || answer.size() < 12 || answer[9] != '2')
    fail(Fault::unreachable, whom,
         fmt::format("the proxy answered \"{}\"", pki::printable(answer.substr(0, answer.find('\r')))));
  return socket;
}

void send_all(const Socket& socket, std::string_view bytes, const Waiter& waiter, std::string_view whom) {
  while (!bytes.empty()) {
    auto count = ::send(socket.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      if (!waiter.ready(socket.fd(), POLLOUT)) time_out(whom);
    } else if (errno != EINTR) {
      fail(Fault::retry, whom, reason(errno));
    }
  }
}

std::string receive_some(const Socket& socket, std::size_t bytes_max, const Waiter& waiter,
                         std::string_view whom) {
  std::string bytes(bytes_max, '\0');
  for (;;) {
    auto count = ::recv(socket.fd(), bytes.data(), bytes.size(), 0);
    if (count >= 0) {
      bytes.resize(static_cast<std::size_t>(count));
      return bytes;
    }
    if (errno == EAGAIN) {
      if (!waiter.ready(socket.fd(), POLLIN)) time_out(whom);
    } else if (errno != EINTR) {
      fail(Fault::retry, whom, reason(errno));
    }
  }
}

}  // namespace certfleet::net
