#include "lib/store/key_pairs.h"

#include "lib/store/rows.h"

namespace certfleet::store::key_pairs {

KeyPairId add(Tx& tx, const KeyPair& pair, const domain::Sealed& key) {
  auto sealed = bytea_text(key);
  return id_of<KeyPairId>(
      tx.raw().exec_params1("INSERT INTO key_pair (service_id, algorithm, spki_sha256, key_sealed)"
                            " VALUES ($1, $2, $3, $4::bytea) RETURNING id",
                            pair.service.value(), pair.algorithm, pair.spki_sha256, or_null(sealed))[0]);
}

KeyPair get(Tx& tx, KeyPairId id) {
  auto rows = tx.raw().exec_params(
      "SELECT id, service_id, algorithm, spki_sha256 FROM key_pair WHERE id = $1", id.value());
  require_row(rows, nouns::key_pair, id.value());
  auto row = rows[0];
  return {id, id_of<ServiceId>(row["service_id"]), row["algorithm"].as<std::string>(),
          row["spki_sha256"].as<std::string>()};
}

int remove_unused(Tx& tx, ServiceId service, KeyPairId replaced) {
  return static_cast<int>(
      tx.raw()
          .exec_params("DELETE FROM key_pair k WHERE k.service_id = $1"
                       " AND NOT EXISTS (SELECT 1 FROM certificate WHERE key_pair_id = k.id)"
                       " AND NOT EXISTS (SELECT 1 FROM csr c JOIN ca_order o ON o.csr_id = c.id"
                       "                 WHERE c.key_pair_id = k.id AND o.ended_at IS NULL)"
                       " AND (k.id = $2 OR EXISTS (SELECT 1 FROM csr c JOIN ca_order o ON o.csr_id = c.id"
                       "                           WHERE c.key_pair_id = k.id))",
                       service.value(), replaced.value())
          .affected_rows());
}

}  // namespace certfleet::store::key_pairs
