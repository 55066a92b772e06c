#include "lib/bus/probe.h"

#include <fmt/format.h>

#include <cstring>

#include "lib/base/clock.h"
#include "lib/base/error.h"
#include "lib/bus/poller.h"
#include "lib/bus/sockets.h"
#include "lib/bus/uuid.h"

namespace certfleet::bus {
namespace {

constexpr int frames_max = 1;     // nothing is sent
constexpr int refused_key = 400;  // RFC 27: the handler has looked at our key

// One broker that is being asked. libzmq tells of its handshake over a socket of its own.
struct Asked {
  Probed result;
  zmq::socket_t socket;
  zmq::socket_t events;
  bool connected = false;
  bool decided = false;

  Asked(Context& context, const BrokerAddress& broker, const KeyPair& own, const SocketTimes& times)
      : socket(open_socket(context, zmq::socket_type::dealer, own, times, frames_max)),
        events(*static_cast<zmq::context_t*>(context.handle()), zmq::socket_type::pair) {
    result.endpoint = broker.endpoint;
    try {
      auto watch = fmt::format("inproc://probe-{}", random_uuid());
      if (zmq_socket_monitor(socket.handle(), watch.c_str(), ZMQ_EVENT_ALL) != 0) throw zmq::error_t();
      events.set(zmq::sockopt::linger, 0);
      events.connect(watch);
      socket.set(zmq::sockopt::curve_serverkey, buffer(broker.key.bytes()));
      allow_ipv6_if_asked(socket, broker.endpoint);
      socket.connect(broker.endpoint);
    } catch (const zmq::error_t& error) {
      throw Failure(Fault::usage, fmt::format("broker {}: {}", broker.endpoint, reason(error)));
    }
  }
  Asked(Asked&&) noexcept = default;
  Asked& operator=(Asked&&) noexcept = default;
  ~Asked() {
    if (socket.handle() != nullptr) zmq_socket_monitor(socket.handle(), nullptr, 0);
  }

  void decide(Answer answer) {
    result.answer = answer;
    decided = true;
  }

  void on(int event, std::uint32_t value) {
    if (decided) return;
    switch (event) {
      case ZMQ_EVENT_CONNECTED:
        connected = true;
        result.answer = Answer::silent;
        return;
      case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        return decide(Answer::alive);
      case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
        if (value == refused_key) decide(Answer::alive);
        return;
      case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
      case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
        return decide(Answer::wrong_key);
      case ZMQ_EVENT_DISCONNECTED:
        if (connected) decide(Answer::wrong_key);
        return;
      default:
        return;
    }
  }

  // An event is two frames: its number with a value, and the address.
  void receive() {
    zmq::message_t head, address;
    while (events.recv(head, zmq::recv_flags::dontwait)) {
      if (head.more() && !events.recv(address, zmq::recv_flags::none)) return;
      std::uint16_t event = 0;
      std::uint32_t value = 0;
      if (head.size() < sizeof event + sizeof value) continue;
      std::memcpy(&event, head.data(), sizeof event);
      std::memcpy(&value, head.data<char>() + sizeof event, sizeof value);
      on(event, value);
    }
  }
};

}  // namespace

std::string_view to_string(Answer answer) {
  switch (answer) {
    case Answer::alive:
      return "alive";
    case Answer::wrong_key:
      return "wrong_key";
    case Answer::silent:
      return "silent";
    case Answer::unreachable:
      return "unreachable";
  }
  return "unknown";
}

std::vector<Probed> probe(const std::vector<BrokerAddress>& brokers, std::chrono::milliseconds limit) {
  SocketTimes times;
  times.linger = std::chrono::milliseconds(0);
  times.handshake = limit + std::chrono::milliseconds(1000);  // a silent one is for us to give up
  auto own = KeyPair::generate();
  Context context;
  std::vector<Asked> asked;
  for (const auto& broker : brokers) asked.emplace_back(context, broker, own, times);
  auto begin = Monotonic::now();
  auto deadline = Deadline::in(limit);
  auto open = [](const Asked& one) { return !one.decided; };
  while (!deadline.over() && std::any_of(asked.begin(), asked.end(), open)) {
    Poller poller;
    for (auto& one : asked) poller.add_socket(one.events.handle());
    poller.wait(deadline.left() + std::chrono::milliseconds(1));
    for (auto& one : asked) {
      bool before = one.decided;
      one.receive();
      if (one.decided && !before)
        one.result.took = std::chrono::duration_cast<std::chrono::milliseconds>(Monotonic::now() - begin);
    }
  }
  std::vector<Probed> results;
  for (const auto& one : asked) results.push_back(one.result);
  return results;
}

}  // namespace certfleet::bus
