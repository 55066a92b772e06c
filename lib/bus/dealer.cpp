#include "lib/bus/dealer.h"

#include <fmt/format.h>

#include "lib/base/error.h"
#include "lib/bus/sockets.h"

namespace certfleet::bus {
namespace {

// Offers are at most as many as credit, acknowledgements as many as offers: never near this.
constexpr int frames_max = 4096;

}  // namespace

struct Dealer::Impl {
  zmq::socket_t socket;
  std::uint64_t malformed = 0;
};

BrokerAddress BrokerAddress::parse(std::string_view text) {
  auto space = text.find(' ');
  if (!text.starts_with("tcp://") || space == std::string_view::npos)
    throw Failure(Fault::usage, fmt::format("\"{}\" is not a broker's address: tcp://HOST:PORT KEY", text));
  return {.endpoint = std::string(text.substr(0, space)), .key = PublicKey::parse(text.substr(space + 1))};
}

std::vector<BrokerAddress> read_brokers(Config& config) {
  if (config.texts("brokers").empty()) config.refuse("brokers", "name at least one");
  return read_brokers_if_set(config);
}

std::vector<BrokerAddress> read_brokers_if_set(Config& config) {
  std::vector<BrokerAddress> brokers;
  for (const auto& text : config.texts("brokers", {})) {
    try {
      brokers.push_back(BrokerAddress::parse(text));
    } catch (const Failure& failure) {
      config.refuse("brokers", failure.what());
    }
    for (std::size_t i = 0; i + 1 < brokers.size(); ++i)
      if (brokers[i].endpoint == brokers.back().endpoint)
        config.refuse("brokers", fmt::format("{} is named twice", brokers[i].endpoint));
  }
  return brokers;
}

Dealer::Dealer(Context& context, const BrokerAddress& broker, const KeyPair& own, const SocketTimes& times)
    : impl_(std::make_unique<Impl>(
          Impl{open_socket(context, zmq::socket_type::dealer, own, times, frames_max)})) {
  try {
    impl_->socket.set(zmq::sockopt::curve_serverkey, buffer(broker.key.bytes()));
    impl_->socket.set(zmq::sockopt::immediate, true);  // nothing is queued for a connection that isn't there
    allow_ipv6_if_asked(impl_->socket, broker.endpoint);
    impl_->socket.connect(broker.endpoint);
  } catch (const zmq::error_t& error) {
    throw Failure(Fault::usage, fmt::format("broker {}: {}", broker.endpoint, reason(error)));
  }
}

Dealer::Dealer(Dealer&&) noexcept = default;
Dealer& Dealer::operator=(Dealer&&) noexcept = default;
Dealer::~Dealer() = default;

bool Dealer::send(const Message& message) {
  try {
    return impl_->socket.send(zmq::buffer(encode(message)), zmq::send_flags::dontwait).has_value();
  } catch (const zmq::error_t& error) {
    if (error.num() == EINTR) return false;
    throw Failure(Fault::permanent, fmt::format("bus: send: {}", reason(error)));
  }
}

std::optional<Message> Dealer::receive() {
  try {
    for (zmq::message_t frame; impl_->socket.recv(frame, zmq::recv_flags::dontwait);) {
      bool alone = !frame.more();
      while (frame.more() && impl_->socket.recv(frame, zmq::recv_flags::dontwait)) continue;
      try {
        if (alone) return decode(view(frame));
      } catch (const Failure&) {
        // Counted below: a broker that we can't understand is as good as silent.
      }
      ++impl_->malformed;
    }
    return std::nullopt;
  } catch (const zmq::error_t& error) {
    if (error.num() == EINTR) return std::nullopt;
    throw Failure(Fault::permanent, fmt::format("bus: receive: {}", reason(error)));
  }
}

std::uint64_t Dealer::malformed() const {
  return impl_->malformed;
}
void* Dealer::handle() const {
  return impl_->socket.handle();
}

}  // namespace certfleet::bus
