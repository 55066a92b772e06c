// The client's end of the link to one broker. One dealer a broker: a dealer with several would deal its
// messages out in turn, whatever credit says.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/config.h"
#include "lib/bus/context.h"
#include "lib/bus/curve.h"
#include "lib/bus/message.h"

namespace certfleet::bus {

// Where a broker listens and the key that proves it is that broker.
struct BrokerAddress {
  std::string endpoint;  // tcp://host:9020
  PublicKey key;

  // "tcp://host:9020 KEY", the key in Z85. Failure(usage) quoting the text.
  static BrokerAddress parse(std::string_view text);
  bool operator==(const BrokerAddress&) const = default;
};

// The setting `brokers`: all there are, at least one and none twice. Failure(usage) that names it.
std::vector<BrokerAddress> read_brokers(Config& config);
// The same for who needs none.
std::vector<BrokerAddress> read_brokers_if_set(Config& config);

struct SocketTimes {
  std::chrono::milliseconds linger{1000};  // for what is still to be sent when the socket closes
  std::chrono::milliseconds handshake{5000};
  std::chrono::milliseconds reconnect{100};  // doubles up to the next
  std::chrono::milliseconds reconnect_max{2000};
  std::chrono::milliseconds heartbeat{2000};  // finds dead TCP; the loop's life is proved by Beat
  std::chrono::milliseconds heartbeat_dead{6000};
};

// Connects in the background, again and again. Each connection gets a fresh routing id from the broker's
// router, so that a new one never runs into the corpse of the last. For one thread.
class Dealer {
 public:
  // Failure(usage) if the endpoint makes no sense.
  Dealer(Context& context, const BrokerAddress& broker, const KeyPair& own, const SocketTimes& times = {});
  Dealer(Dealer&&) noexcept;
  Dealer& operator=(Dealer&&) noexcept;
  ~Dealer();

  // False if there is no connection or it is full; never blocks. What was sent may still be lost.
  bool send(const Message& message);

  // The next message that has come, none if there is none. What isn't a message is dropped and counted.
  std::optional<Message> receive();

  std::uint64_t malformed() const;
  void* handle() const;  // for Poller

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace certfleet::bus
