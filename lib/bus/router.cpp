#include "lib/bus/router.h"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>

#include "lib/base/error.h"
#include "lib/bus/sockets.h"
#include "lib/bus/uuid.h"
#include "lib/bus/zap_request.h"

namespace certfleet::bus {
namespace {

// Per peer, and above the largest credit, so that a full pipe means a peer that doesn't read.
constexpr int frames_max = 2048;
constexpr int backlog = 512;  // connections that wait to be accepted when all reconnect at once

// ZMQ_ZAP_ENFORCE_DOMAIN: a draft in the header but honoured by 4.3. Without it, CURVE with no handler admits
// every key.
constexpr int enforce_zap_domain = 93;

PeerId peer_of(zmq::message_t& frame) {
  const char* text = zmq_msg_gets(frame.handle(), "User-Id");
  if (text == nullptr) return {};
  std::string_view digits = text;
  std::int64_t id = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
  return error == std::errc() && end == digits.data() + digits.size() ? PeerId(id) : PeerId();
}

}  // namespace

struct Router::Impl {
  zmq::socket_t socket;
  zmq::socket_t failures;

  // libzmq tells of failed handshakes over a socket of its own.
  void watch_failures(void* context) {
    auto endpoint = fmt::format("inproc://failures-{}", random_uuid());
    constexpr int events = ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL;
    if (zmq_socket_monitor(socket.handle(), endpoint.c_str(), events) != 0) throw zmq::error_t();
    failures = zmq::socket_t(*static_cast<zmq::context_t*>(context), zmq::socket_type::pair);
    failures.set(zmq::sockopt::linger, 0);
    failures.connect(endpoint);
  }
};

Router::Router(Context& context, const KeyPair& own, const SocketTimes& times)
    : impl_(std::make_unique<Impl>(
          Impl{open_socket(context, zmq::socket_type::router, own, times, frames_max), {}})) {
  auto& socket = impl_->socket;
  int on = 1;
  try {
    socket.set(zmq::sockopt::router_mandatory, true);  // tell, don't drop
    socket.set(zmq::sockopt::router_handover, false);  // nobody takes another's place
    socket.set(zmq::sockopt::backlog, backlog);
    socket.set(zmq::sockopt::curve_server, true);
    socket.set(zmq::sockopt::zap_domain, std::string(zap_domain));
    impl_->watch_failures(context.handle());
  } catch (const zmq::error_t& error) {
    throw Failure(Fault::permanent, fmt::format("can't set up the broker's socket: {}", reason(error)));
  }
  if (zmq_setsockopt(socket.handle(), enforce_zap_domain, &on, sizeof on) != 0)
    throw Failure(Fault::permanent, "this libzmq can't refuse peers while nobody checks their keys");
}

Router::~Router() { zmq_socket_monitor(impl_->socket.handle(), nullptr, 0); }

void Router::bind(const std::string& endpoint) {
  try {
    allow_ipv6_if_asked(impl_->socket, endpoint);
    impl_->socket.bind(endpoint);
  } catch (const zmq::error_t& error) {
    bool taken = error.num() == EADDRINUSE;
    throw Failure(taken ? Fault::conflict : Fault::usage, fmt::format("{}: {}", endpoint, reason(error)));
  }
}

std::string Router::endpoint() const {
  return impl_->socket.get(zmq::sockopt::last_endpoint);
}

std::optional<Router::Received> Router::receive() {
  try {
    zmq::message_t from;
    if (!impl_->socket.recv(from, zmq::recv_flags::dontwait)) return std::nullopt;
    // The parts of a message arrive together: no part but the first can be missing for now.
    Received received{.routing_id = from.to_string(), .peer = {}, .content = Malformed{"no content"}};
    zmq::message_t frame;
    if (!from.more() || !impl_->socket.recv(frame, zmq::recv_flags::dontwait)) return received;
    received.peer = peer_of(frame);
    if (frame.more()) {
      while (frame.more() && impl_->socket.recv(frame, zmq::recv_flags::dontwait)) continue;
      received.content = Malformed{"a message of several frames"};
      return received;
    }
    try {
      received.content = decode(view(frame));
    } catch (const Failure& failure) {
      received.content = Malformed{failure.what()};
    }
    return received;
  } catch (const zmq::error_t& error) {
    if (error.num() == EINTR) return std::nullopt;
    throw Failure(Fault::permanent, fmt::format("bus: receive: {}", reason(error)));
  }
}

Router::Sent Router::send(const std::string& routing_id, const Message& message) {
  std::string bytes = encode(message);  // before the first part leaves, so that no message stays half sent
  try {
    auto flags = zmq::send_flags::dontwait | zmq::send_flags::sndmore;
    if (!impl_->socket.send(zmq::buffer(routing_id), flags)) return Sent::would_block;
    impl_->socket.send(zmq::buffer(bytes), zmq::send_flags::dontwait);
    return Sent::sent;
  } catch (const zmq::error_t& error) {
    if (error.num() == EHOSTUNREACH) return Sent::unknown_peer;
    throw Failure(Fault::permanent, fmt::format("bus: send: {}", reason(error)));
  }
}

void* Router::failures_handle() const {
  return impl_->failures.handle();
}

std::uint64_t Router::take_failures() {
  std::uint64_t count = 0;
  try {
    zmq::message_t frame;
    while (impl_->failures.recv(frame, zmq::recv_flags::dontwait))
      if (!frame.more()) ++count;  // an event has two parts: what and where
  } catch (const zmq::error_t& error) {
    if (error.num() != EINTR) throw Failure(Fault::permanent, fmt::format("bus: failures: {}", reason(error)));
  }
  return count;
}

void* Router::handle() const {
  return impl_->socket.handle();
}

}  // namespace certfleet::bus
