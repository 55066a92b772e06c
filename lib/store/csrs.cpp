#include "lib/store/csrs.h"

#include "lib/store/rows.h"

namespace certfleet::store::csrs {

CsrId add(Tx& tx, ServiceId service, KeyPairId key_pair, std::string_view pem) {
  return id_of<CsrId>(
      tx.raw().exec_params1("INSERT INTO csr (service_id, key_pair_id, pem)"
                            " VALUES ($1, nullif($2::bigint, 0), $3) RETURNING id",
                            service.value(), key_pair.value(), std::string(pem))[0]);
}

StoredCsr get(Tx& tx, CsrId id) {
  auto rows = tx.raw().exec_params("SELECT service_id, key_pair_id, pem FROM csr WHERE id = $1", id.value());
  require_row(rows, nouns::csr, id.value());
  auto row = rows[0];
  return {id, id_of<ServiceId>(row["service_id"]), id_of<KeyPairId>(row["key_pair_id"]),
          row["pem"].as<std::string>()};
}

std::optional<StoredCsr> newest(Tx& tx, ServiceId service) {
  auto rows = tx.raw().exec_params("SELECT max(id) FROM csr WHERE service_id = $1 HAVING max(id) IS NOT NULL",
                                   service.value());
  if (rows.empty()) return std::nullopt;
  return get(tx, id_of<CsrId>(rows[0][0]));
}

}  // namespace certfleet::store::csrs
