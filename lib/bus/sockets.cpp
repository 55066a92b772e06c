#include "lib/bus/sockets.h"

#include <fmt/format.h>

#include <cctype>

#include "lib/base/error.h"

namespace certfleet::bus {
namespace {

int ms(std::chrono::milliseconds span) {
  return static_cast<int>(span.count());
}

}  // namespace

zmq::socket_t open_socket(Context& context, zmq::socket_type type, const KeyPair& own,
                          const SocketTimes& times, int frames_max) {
  try {
    zmq::socket_t socket(*static_cast<zmq::context_t*>(context.handle()), type);
    socket.set(zmq::sockopt::linger, ms(times.linger));
    socket.set(zmq::sockopt::handshake_ivl, ms(times.handshake));
    socket.set(zmq::sockopt::reconnect_ivl, ms(times.reconnect));
    socket.set(zmq::sockopt::reconnect_ivl_max, ms(times.reconnect_max));
    socket.set(zmq::sockopt::heartbeat_ivl, ms(times.heartbeat));
    socket.set(zmq::sockopt::heartbeat_timeout, ms(times.heartbeat_dead));
    socket.set(zmq::sockopt::heartbeat_ttl, ms(times.heartbeat_dead));
    socket.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(frame_bytes_max));
    socket.set(zmq::sockopt::sndhwm, frames_max);
    socket.set(zmq::sockopt::rcvhwm, frames_max);
    socket.set(zmq::sockopt::curve_publickey, buffer(own.public_key.bytes()));
    socket.set(zmq::sockopt::curve_secretkey, buffer(own.secret_key.bytes()));
    return socket;
  } catch (const zmq::error_t& error) {
    throw Failure(Fault::retry, fmt::format("can't make a socket of the bus: {}", reason(error)));
  }
}

void allow_ipv6_if_asked(zmq::socket_t& socket, const std::string& endpoint) {
  if (endpoint.find('[') != std::string::npos) socket.set(zmq::sockopt::ipv6, true);
}

std::string reason(const zmq::error_t& error) {
  std::string text = error.what();
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

}  // namespace certfleet::bus
