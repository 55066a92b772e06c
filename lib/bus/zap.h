// Who may connect (ZeroMQ RFC 27). It fails closed: a router with CURVE refuses everybody while no Zap runs
// in its context. It is asked once a connection; whoever is revoked later is cut off by the broker.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/bus/context.h"
#include "lib/bus/curve.h"
#include "lib/bus/message.h"

namespace certfleet::bus {

// What the database says about an enrolled key.
struct PeerIdentity {
  PeerId id;
  std::string name;
  Role role = Role::worker;
  std::optional<Queue> queue;  // a worker's
  bool operator==(const PeerIdentity&) const = default;
};

using AllowList = std::map<PublicKey, PeerIdentity>;

class Zap {
 public:
  // Starts the thread that answers; admits nobody until allow(). Failure(conflict) if the context has one.
  // `clock` is asked from that thread.
  Zap(Context& context, const Clock& clock);
  ~Zap();
  Zap(const Zap&) = delete;
  Zap& operator=(const Zap&) = delete;

  // Replaces the whole list at once. From any thread.
  void allow(AllowList list);

  std::uint64_t admitted() const;
  std::uint64_t refused() const;  // unknown keys, other mechanisms, wrong requests

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace certfleet::bus
