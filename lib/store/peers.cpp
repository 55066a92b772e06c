#include "lib/store/peers.h"

#include <fmt/format.h>

#include <pqxx/pqxx>

#include "lib/base/error.h"
#include "lib/store/times.h"

namespace certfleet::store::peers {

std::string_view to_string(Role role) {
  switch (role) {
    case Role::broker:
      return "broker";
    case Role::scheduler:
      return "scheduler";
    case Role::worker:
      return "worker";
  }
  return "unknown";
}

std::optional<Role> role_from(std::string_view text) {
  for (auto role : {Role::broker, Role::scheduler, Role::worker})
    if (to_string(role) == text) return role;
  return std::nullopt;
}

std::vector<Peer> list(Tx& tx) {
  std::vector<Peer> peers;
  for (const auto& row : tx.raw().exec("SELECT id, name, role, queue, public_key, extract(epoch FROM "
                                       "enrolled_at), extract(epoch FROM revoked_at)"
                                       " FROM peer ORDER BY name")) {
    Peer peer;
    peer.id = PeerId(row[0].as<std::int64_t>());
    peer.name = row[1].c_str();
    peer.role = role_from(row[2].c_str()).value_or(Role::worker);
    if (!row[3].is_null()) peer.queue = domain::queue_from(row[3].c_str());
    peer.public_key = row[4].c_str();
    peer.enrolled_at = wall_time(row[5].as<double>());
    if (!row[6].is_null()) peer.revoked_at = wall_time(row[6].as<double>());
    peers.push_back(std::move(peer));
  }
  return peers;
}

PeerId enroll(Tx& tx, const Peer& peer) {
  std::optional<std::string> queue;
  if (peer.queue) queue = std::string(domain::to_string(*peer.queue));
  auto row = tx.raw().exec_params1(
      "INSERT INTO peer (name, role, queue, public_key) VALUES ($1, $2, $3::job_queue, $4) RETURNING id",
      peer.name, std::string(to_string(peer.role)), queue ? queue->c_str() : nullptr, peer.public_key);
  return PeerId(row[0].as<std::int64_t>());
}

void revoke(Tx& tx, const std::string& name) {
  auto done =
      tx.raw().exec_params("UPDATE peer SET revoked_at = now() WHERE name = $1 AND revoked_at IS NULL", name);
  if (done.affected_rows() == 0)
    throw Failure(Fault::not_found,
                  Text{"{} という名称の許可済みの接続元はありません", "no admitted peer is named {}"}, name);
}

}  // namespace certfleet::store::peers
