// Where the broker learns who is enrolled.
#pragma once

#include <optional>
#include <set>
#include <vector>

#include "lib/bus/curve.h"
#include "lib/bus/zap.h"
#include "lib/store/daemons.h"
#include "lib/store/transaction.h"

namespace certfleet::broker {

struct EnrolledPeer {
  bus::PublicKey key;
  bus::PeerIdentity who;
  bool operator==(const EnrolledPeer&) const = default;
};

class PeerDirectory {
 public:
  virtual ~PeerDirectory() = default;
  // All who may connect now, in a steady order. Failure as of the database.
  virtual std::vector<EnrolledPeer> load() = 0;
};

// The schedulers and workers of the table of peers that are not revoked. Brokers don't connect to each other.
// Whoever asks so regularly lives: that is shown in the database too, if it is given a presence.
class StoredPeers final : public PeerDirectory {
 public:
  explicit StoredPeers(store::Database database, std::optional<store::daemons::Presence> presence = std::nullopt)
      : database_(std::move(database)), presence_(std::move(presence)) {}
  ~StoredPeers() override;
  StoredPeers(const StoredPeers&) = delete;
  StoredPeers& operator=(const StoredPeers&) = delete;
  std::vector<EnrolledPeer> load() override;

 private:
  store::Database database_;
  std::optional<store::daemons::Presence> presence_;
  std::set<PeerId> warned_;  // whose rows hold no key: one line each is enough
};

}  // namespace certfleet::broker
