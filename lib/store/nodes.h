// Nodes: servers and load balancers that serve a service's certificate (manual chapter 9).
#pragma once

#include <span>

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

// Several at once, for imports: get_all leaves out what is not there, and the others are refused whole, without a word
// on which node is to blame.
std::vector<domain::Node> get_all(Tx& tx, const std::vector<std::int64_t>& ids);
std::vector<NodeId> add_all(Tx& tx, std::span<const domain::Node> nodes);
void update_all(Tx& tx, std::span<const domain::Node> nodes);

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
