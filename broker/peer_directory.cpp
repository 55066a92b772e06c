#include "broker/peer_directory.h"

#include "lib/base/error.h"
#include "lib/base/log.h"
#include "lib/store/peers.h"

namespace certfleet::broker {
namespace {

bus::Role role_of(store::peers::Role role) {
  switch (role) {
    case store::peers::Role::worker:
      return bus::Role::worker;
    case store::peers::Role::scheduler:
      return bus::Role::scheduler;
    case store::peers::Role::broker:
      break;
  }
  return bus::Role::broker;
}

}  // namespace

StoredPeers::~StoredPeers() {
  if (presence_) presence_->leave(database_);
}

std::vector<EnrolledPeer> StoredPeers::load() {
  if (presence_) presence_->show(database_);
  std::vector<EnrolledPeer> enrolled;
  for (const auto& row : database_.reading([](store::Tx& tx) { return store::peers::list(tx); })) {
    if (row.revoked_at || row.role == store::peers::Role::broker) continue;
    try {
      enrolled.push_back(
          {.key = bus::PublicKey::parse(row.public_key),
           .who = {.id = row.id, .name = row.name, .role = role_of(row.role), .queue = row.queue}});
    } catch (const Failure& failure) {
      // One bad row keeps out one peer, not all.
      if (warned_.insert(row.id).second) log::warn("peer {}: {}", row.name, failure.what());
    }
  }
  return enrolled;
}

}  // namespace certfleet::broker
