// The broker's end of all links. It admits only keys that the Zap of the same context admits, and knows each
// message's sender by the key of its connection.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "lib/base/id.h"
#include "lib/bus/context.h"
#include "lib/bus/curve.h"
#include "lib/bus/dealer.h"
#include "lib/bus/message.h"

namespace certfleet::bus {

class Router {
 public:
  struct Malformed {
    std::string reason;
  };
  struct Received {
    std::string routing_id;  // of the connection; names no one
    PeerId peer;             // the enrolled peer whose key opened the connection
    std::variant<Message, Malformed> content;
  };
  enum class Sent { sent, would_block, unknown_peer };

  // Make a Zap in the same context first. For one thread.
  Router(Context& context, const KeyPair& own, const SocketTimes& times = {});
  ~Router();
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  // Failure(conflict) "tcp://0.0.0.0:9020: address already in use"; Failure(usage) if it makes no sense.
  void bind(const std::string& endpoint);
  std::string endpoint() const;  // where it really listens, when the port was *

  std::optional<Received> receive();  // never blocks
  // Never blocks, and never drops silently: what can't be queued for the peer is not sent.
  Sent send(const std::string& routing_id, const Message& message);

  void* handle() const;  // for Poller

  // Connections that ended before they got to a key: they speak no CURVE, or not to our key. Readable when there
  // are new ones; to be read soon, for until then libzmq's thread may wait for us.
  void* failures_handle() const;  // for Poller
  std::uint64_t take_failures();  // since the last call; never blocks

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace certfleet::bus
