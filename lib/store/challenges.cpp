#include "lib/store/challenges.h"

#include "lib/store/rows.h"

namespace certfleet::store::challenges {

int add(Tx& tx, OrderId order, std::span<const Challenge> challenges) {
  int added = 0;
  for (const auto& challenge : challenges)
    added += static_cast<int>(
        tx.raw()
            .exec_params("INSERT INTO acme_challenge (token, key_authorization, order_id) VALUES ($1, $2, $3)"
                         " ON CONFLICT (token) DO NOTHING",
                         challenge.token, challenge.key_authorization, order.value())
            .affected_rows());
  return added;
}

std::optional<std::string> find(Tx& tx, std::string_view token) {
  auto name = tx.prepared("find_challenge", "SELECT key_authorization FROM acme_challenge WHERE token = $1");
  auto rows = tx.raw().exec_prepared(name, std::string(token));
  if (rows.empty()) return std::nullopt;
  return rows[0][0].as<std::string>();
}

void remove(Tx& tx, OrderId order) {
  tx.raw().exec_params(
      "DELETE FROM acme_challenge a USING ca_order o WHERE o.id = a.order_id"
      " AND (o.id = $1 OR o.ended_at IS NOT NULL)",
      order.value());
}

}  // namespace certfleet::store::challenges
