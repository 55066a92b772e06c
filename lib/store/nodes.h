// Nodes: servers and load balancers that serve a service's certificate (manual chapter 9).
#pragma once

#include "lib/base/clock.h"
#include "lib/domain/node.h"
#include "lib/store/transaction.h"

namespace certfleet::store::nodes {

domain::Node get(Tx& tx, NodeId id);  // Failure(not_found)
std::optional<domain::Node> find(Tx& tx, std::string_view name);
std::vector<domain::Node> list(Tx& tx);                           // by name
std::vector<domain::Node> of_service(Tx& tx, ServiceId service);  // by name

// Failure(conflict): the name is taken, or the service has a node whose key lives on Windows, or this is one and
// the service has another (manual 9.1.5).
NodeId add(Tx& tx, const domain::Node& node);
void update(Tx& tx, const domain::Node& node);  // what was last seen stays
void remove(Tx& tx, NodeId id);

// What was last seen of a node (manual 9.1, the columns of its list).
struct Seen {
  std::string apply_status;                  // none, scheduled, started, applied, rolled_back or failed
  std::optional<std::string> served_serial;  // hex, lower case
  std::optional<std::string> served_sha256;
  std::optional<std::string> served_state;  // match, previous, other or unreachable
  std::optional<WallTime> served_at;
};
Seen seen(Tx& tx, NodeId id);  // Failure(not_found)

}  // namespace certfleet::store::nodes
