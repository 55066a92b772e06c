// What dealers and routers have in common. Private to this room: it brings zmq.hpp.
#pragma once

#include <string>
#include <zmq.hpp>

#include "lib/bus/context.h"
#include "lib/bus/curve.h"
#include "lib/bus/dealer.h"

namespace certfleet::bus {

// With limits, times and `own` keys set. Failure(retry) if there is no file descriptor left.
zmq::socket_t open_socket(Context& context, zmq::socket_type type, const KeyPair& own,
                          const SocketTimes& times, int frames_max);

// Brackets make an endpoint IPv6. Without, names resolve to IPv4 only, as brokers listen there by default.
void allow_ipv6_if_asked(zmq::socket_t& socket, const std::string& endpoint);

// "address already in use": libzmq's words, with a small letter like all of ours.
std::string reason(const zmq::error_t& error);

inline std::string_view view(const zmq::message_t& frame) {
  return {frame.data<char>(), frame.size()};
}
inline zmq::const_buffer buffer(const KeyBytes& key) {
  return zmq::const_buffer(key.data(), key.size());
}

}  // namespace certfleet::bus
