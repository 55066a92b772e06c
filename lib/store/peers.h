// The CURVE public keys that brokers admit, and what each may do.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/domain/queue.h"
#include "lib/store/transaction.h"

namespace certfleet::store::peers {

enum class Role { broker, scheduler, worker };
std::string_view to_string(Role role);
std::optional<Role> role_from(std::string_view text);

struct Peer {
  PeerId id;
  std::string name;
  Role role = Role::worker;
  std::optional<domain::Queue> queue;  // of a worker
  std::string public_key;              // Z85, 40 characters
  WallTime enrolled_at;
  std::optional<WallTime> revoked_at;
};

// All, the revoked ones too, by name.
std::vector<Peer> list(Tx& tx);
// Failure(conflict) if name or key is enrolled already.
PeerId enroll(Tx& tx, const Peer& peer);
// The brokers act on it within seconds, on live connections too. Failure(not_found) if no such peer is admitted.
void revoke(Tx& tx, const std::string& name);

}  // namespace certfleet::store::peers
