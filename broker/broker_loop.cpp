#include "broker/broker_loop.h"

#include <fmt/format.h>

#include <deque>

#include "lib/base/log.h"
#include "lib/bus/poller.h"

namespace certfleet::broker {
namespace {

constexpr int messages_per_turn = 256;  // then the timers, or a flood of offers would starve them
constexpr auto tick_interval = std::chrono::milliseconds(250);

}  // namespace

BrokerLoop::BrokerLoop(BrokerCore& core, bus::Router& router, bus::Zap& zap, PeerWatch& peers,
                       const Clock& clock)
    : core_(core), router_(router), zap_(zap), peers_(peers), clock_(clock) {
  admit_news();
}

void BrokerLoop::run(Daemon& daemon) {
  BrokerMetrics metrics(daemon.metrics());
  bus::Poller poller;
  std::size_t messages = poller.add_socket(router_.handle());
  std::size_t failures = poller.add_socket(router_.failures_handle());
  poller.add_fd(peers_.fd());
  poller.add_fd(daemon.drain_fd());
  Instant tick_at = clock_.now();
  while (!daemon.drain().stop_requested()) {
    admit_news();
    if (clock_.now() >= tick_at) {
      step(BrokerCore::Tick{});
      metrics.publish(core_, zap_, failures_);
      daemon.alive();
      tick_at = clock_.now() + tick_interval;
    }
    auto nap = std::chrono::ceil<std::chrono::milliseconds>(tick_at - clock_.now());
    poller.wait(std::max(nap, std::chrono::milliseconds(0)));
    if (poller.readable(messages)) receive();
    if (poller.readable(failures)) note_failures();
  }
  log::info("saying goodbye to {} peers", core_.sessions().size());
  step(BrokerCore::Drain{"drain"});
  metrics.publish(core_, zap_, failures_);
}

void BrokerLoop::receive() {
  for (int i = 0; i < messages_per_turn; ++i) {
    auto received = router_.receive();
    if (!received) return;
    step(std::move(*received));
  }
}

// Through the core, and what follows from it out of the socket. What can't be sent is the core's to decide
// on.
void BrokerLoop::step(const BrokerCore::Event& event) {
  auto first = core_.step(event, clock_.now());
  std::deque<BrokerCore::Send> sends(std::make_move_iterator(first.begin()),
                                     std::make_move_iterator(first.end()));
  for (; !sends.empty(); sends.pop_front()) {
    auto& [routing_id, message] = sends.front();
    if (router_.send(routing_id, message) == bus::Router::Sent::sent) continue;
    auto more = core_.step(BrokerCore::Unsent{routing_id, std::move(message)}, clock_.now());
    std::move(more.begin(), more.end(), std::back_inserter(sends));
  }
}

void BrokerLoop::note_failures() {
  std::uint64_t count = router_.take_failures();
  failures_ += count;
  for (; count > 0; --count)
    if (auto unlogged = failures_log_.log_now(clock_.now()))
      log::warn("refused a connection that speaks no CURVE, or not to this broker's key{}",
                *unlogged > 0 ? fmt::format(" ({} more since the last line)", *unlogged) : "");
}

void BrokerLoop::admit_news() {
  auto peers = peers_.take();
  if (!peers) return;
  bus::AllowList allowed;
  BrokerCore::Enrolled enrolled;
  for (const auto& peer : *peers) {
    allowed[peer.key] = peer.who;
    enrolled.peers.push_back(peer.who);
  }
  log::info("{} peers are enrolled", enrolled.peers.size());
  // The core first: whoever gets in is known to it.
  step(enrolled);
  zap_.allow(std::move(allowed));
}

}  // namespace certfleet::broker
