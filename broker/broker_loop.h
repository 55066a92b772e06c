// The only part of the broker that touches its socket: carries messages between it and the core, and time.
#pragma once

#include "broker/broker_core.h"
#include "broker/broker_metrics.h"
#include "broker/peer_watch.h"
#include "lib/base/clock.h"
#include "lib/base/daemon.h"
#include "lib/bus/router.h"
#include "lib/bus/sparing.h"
#include "lib/bus/zap.h"

namespace certfleet::broker {

class BrokerLoop {
 public:
  // Admits the peers that are enrolled, so that the router may be bound from now on.
  BrokerLoop(BrokerCore& core, bus::Router& router, bus::Zap& zap, PeerWatch& peers, const Clock& clock);

  // Until a drain is asked for; then says goodbye to all peers and returns.
  void run(Daemon& daemon);

 private:
  void receive();
  void step(const BrokerCore::Event& event);
  void admit_news();
  void note_failures();

  BrokerCore& core_;
  bus::Router& router_;
  bus::Zap& zap_;
  PeerWatch& peers_;
  const Clock& clock_;
  std::uint64_t failures_ = 0;  // connections that never got to a key
  bus::Sparing failures_log_;
};

}  // namespace certfleet::broker
