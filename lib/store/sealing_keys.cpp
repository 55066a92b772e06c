#include "lib/store/sealing_keys.h"

#include "lib/store/rows.h"

namespace certfleet::store::sealing_keys {
namespace {

SealingKey key_of(const pqxx::row& row) {
  return {row["id"].as<std::string>(), bytes_of(row["public_key"]).value_or(""), row["active"].as<bool>()};
}

}  // namespace

SealingKey active(Tx& tx) {
  auto rows = tx.raw().exec("SELECT id, public_key, active FROM sealing_key WHERE active");
  if (rows.empty()) throw Failure(Fault::not_found,
                  Text{"封印鍵がありません。certfleet init を実行してください", "there is no sealing key: run certfleet init"});
  return key_of(rows[0]);
}

std::vector<SealingKey> list(Tx& tx) {
  std::vector<SealingKey> keys;
  for (const auto& row :
       tx.raw().exec("SELECT id, public_key, active FROM sealing_key ORDER BY created_at DESC, id"))
    keys.push_back(key_of(row));
  return keys;
}

void add(Tx& tx, const SealingKey& key) {
  tx.raw().exec("UPDATE sealing_key SET active = false WHERE active");
  auto public_key = bytea_text(key.public_key);
  naming(nouns::sealing_key, key.id, [&] {
    tx.raw().exec_params("INSERT INTO sealing_key (id, public_key) VALUES ($1, $2::bytea)", key.id,
                         or_null(public_key));
  });
}

}  // namespace certfleet::store::sealing_keys
