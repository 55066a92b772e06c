#include "lib/bus/zap.h"

#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "lib/base/error.h"
#include "lib/base/log.h"
#include "lib/bus/poller.h"
#include "lib/bus/sockets.h"
#include "lib/bus/wakeup.h"

namespace certfleet::bus {
namespace {

// One line for so long, however many knock: a log that anybody can fill is a weapon.
constexpr auto log_pause = std::chrono::seconds(10);
constexpr std::size_t parts_max = 16;  // a CURVE request has 7

struct Request {
  std::string version, id, domain, address, mechanism;
  std::vector<std::string> credentials;
};

std::optional<Request> read_request(zmq::socket_t& socket) {
  std::vector<std::string> parts;
  zmq::message_t frame;
  if (!socket.recv(frame, zmq::recv_flags::dontwait)) return std::nullopt;
  parts.push_back(frame.to_string());
  while (frame.more() && socket.recv(frame, zmq::recv_flags::dontwait))
    if (parts.size() < parts_max) parts.push_back(frame.to_string());
  parts.resize(std::max<std::size_t>(parts.size(), 6));
  return Request{.version = parts[0],
                 .id = parts[1],
                 .domain = parts[2],
                 .address = parts[3],
                 .mechanism = parts[5],
                 .credentials = {parts.begin() + 6, parts.end()}};
}

void answer(zmq::socket_t& socket, const Request& request, const std::optional<PeerId>& peer) {
  std::array<std::string, 6> parts = {"1.0",
                                      request.id,
                                      peer ? "200" : "400",
                                      peer ? "OK" : "refused",
                                      peer ? std::to_string(peer->value()) : "",
                                      ""};
  for (std::size_t i = 0; i < parts.size(); ++i)
    socket.send(zmq::buffer(parts[i]),
                i + 1 < parts.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
}

std::optional<PublicKey> key_of(const Request& request) {
  KeyBytes bytes;
  if (request.version != "1.0" || request.domain != zap_domain || request.mechanism != "CURVE" ||
      request.credentials.size() != 1 || request.credentials[0].size() != bytes.size())
    return std::nullopt;
  std::copy(request.credentials[0].begin(), request.credentials[0].end(), bytes.begin());
  return PublicKey(bytes);
}

}  // namespace

struct Zap::Impl {
  const Clock& clock;
  zmq::socket_t socket;  // the thread's from its start
  Wakeup stop;
  std::atomic<bool> stopped{false};
  std::atomic<std::uint64_t> admitted{0};
  std::atomic<std::uint64_t> refused{0};

  std::mutex mutex;  // guards the list
  AllowList list;

  Instant quiet_until = Instant::min();
  std::uint64_t unlogged = 0;
  std::thread thread;

  Impl(Context& context, const Clock& a_clock)
      : clock(a_clock), socket(*static_cast<zmq::context_t*>(context.handle()), zmq::socket_type::rep) {
    socket.set(zmq::sockopt::linger, 0);
    socket.bind("inproc://zeromq.zap.01");
  }

  std::optional<PeerId> admit(const Request& request) {
    auto key = key_of(request);
    if (!key) return std::nullopt;
    std::lock_guard lock(mutex);
    auto found = list.find(*key);
    return found == list.end() ? std::nullopt : std::optional(found->second.id);
  }

  void note_refusal(const Request& request) {
    ++refused;
    if (clock.now() < quiet_until) {
      ++unlogged;
      return;
    }
    auto key = key_of(request);
    log::warn("refused a connection from {}: {}{}", request.address,
              key ? "unknown or revoked key " + key->text() : std::string("no CURVE key"),
              unlogged > 0 ? fmt::format(" ({} more since the last line)", unlogged) : "");
    quiet_until = clock.now() + log_pause;
    unlogged = 0;
  }

  void serve() {
    Poller poller;
    std::size_t requests = poller.add_socket(socket.handle());
    poller.add_fd(stop.fd());
    while (!stopped) {
      poller.wait(std::chrono::milliseconds(-1));
      if (!poller.readable(requests)) continue;
      while (auto request = read_request(socket)) {
        auto peer = admit(*request);
        answer(socket, *request, peer);
        if (peer)
          ++admitted;
        else
          note_refusal(*request);
      }
    }
  }

  void run() {
    try {
      serve();
    } catch (const std::exception& error) {
      // From here on nobody is admitted: closed is the safe way to fail.
      log::error("the check of peers' keys has ended, no more peers are admitted: {}", error.what());
    }
    socket.close();
  }
};

Zap::Zap(Context& context, const Clock& clock) {
  try {
    impl_ = std::make_unique<Impl>(context, clock);
  } catch (const zmq::error_t& error) {
    throw Failure(Fault::conflict, fmt::format("can't start the check of peers' keys: {}", reason(error)));
  }
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

Zap::~Zap() {
  impl_->stopped = true;
  impl_->stop.ring();
  impl_->thread.join();
}

void Zap::allow(AllowList list) {
  std::lock_guard lock(impl_->mutex);
  impl_->list.swap(list);
}

std::uint64_t Zap::admitted() const {
  return impl_->admitted;
}
std::uint64_t Zap::refused() const {
  return impl_->refused;
}

}  // namespace certfleet::bus
