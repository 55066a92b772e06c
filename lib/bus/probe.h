// Whether brokers answer, from outside of the pipeline: a CURVE handshake with a key that nobody has
// enrolled. A broker that lives proves its own key and refuses ours, which it counts and logs as a refused
// connection.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "lib/bus/dealer.h"

namespace certfleet::bus {

enum class Answer {
  alive,        // it has proved its key; whether it admits ours does not matter
  wrong_key,    // something listens there that breaks the handshake off: no broker, or one with another key
  silent,       // a connection, and then nothing: it is stopped or no broker
  unreachable,  // no connection: it is down, or the network is
};
std::string_view to_string(Answer answer);

struct Probed {
  std::string endpoint;
  Answer answer = Answer::unreachable;
  std::chrono::milliseconds took{0};  // of alive
};

// All at the same time; returns after `limit` at the latest, in the order of `brokers`. Failure(usage) if an
// endpoint makes no sense.
std::vector<Probed> probe(const std::vector<BrokerAddress>& brokers, std::chrono::milliseconds limit);

}  // namespace certfleet::bus
