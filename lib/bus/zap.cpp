#include "lib/bus/zap.h"

#include <fmt/format.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "lib/base/error.h"
#include "lib/base/log.h"
#include "lib/bus/poller.h"
#include "lib/bus/sockets.h"
#include "lib/bus/sparing.h"
#include "lib/bus/wakeup.h"
#include "lib/bus/zap_request.h"

namespace certfleet::bus {
namespace {

std::optional<ZapRequest> read_request(zmq::socket_t& socket) {
  std::vector<std::string> parts;
  zmq::message_t frame;
  if (!socket.recv(frame, zmq::recv_flags::dontwait)) return std::nullopt;
  parts.push_back(frame.to_string());
  while (frame.more() && socket.recv(frame, zmq::recv_flags::dontwait))
    if (parts.size() < zap_parts_max) parts.push_back(frame.to_string());
  return ZapRequest::parse(parts);
}

void answer(zmq::socket_t& socket, const ZapRequest& request, const std::optional<PeerId>& peer) {
  auto parts = zap_answer(request, peer);
  for (std::size_t i = 0; i < parts.size(); ++i)
    socket.send(zmq::buffer(parts[i]),
                i + 1 < parts.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
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

  Sparing knocks;
  std::thread thread;

  Impl(Context& context, const Clock& a_clock)
      : clock(a_clock), socket(*static_cast<zmq::context_t*>(context.handle()), zmq::socket_type::rep) {
    socket.set(zmq::sockopt::linger, 0);
    socket.bind("inproc://zeromq.zap.01");
  }

  std::optional<PeerId> admit(const ZapRequest& request) {
    if (!request.key) return std::nullopt;
    std::lock_guard lock(mutex);
    auto found = list.find(*request.key);
    return found == list.end() ? std::nullopt : std::optional(found->second.id);
  }

  void note_refusal(const ZapRequest& request) {
    ++refused;
    auto unlogged = knocks.log_now(clock.now());
    if (!unlogged) return;
    log::warn("refused a connection from {}: {}{}", request.address,
              request.key ? "unknown or revoked key " + request.key->text() : std::string("no CURVE key"),
              *unlogged > 0 ? fmt::format(" ({} more since the last line)", *unlogged) : "");
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
