#include "lib/store/certificates.h"

#include "lib/store/key_pairs.h"
#include "lib/store/rows.h"
#include "lib/store/times.h"

namespace certfleet::store::certificates {
namespace {

constexpr std::size_t generations_max = 2;

constexpr const char* columns =
    "SELECT id, service_id, slot, serial, sha256, common_name, extract(epoch FROM not_before) AS begins,"
    " extract(epoch FROM not_after) AS ends, leaf_pem, chain_pem, key_pair_id FROM certificate ";

domain::StoredCertificate certificate_of(const pqxx::row& row) {
  domain::StoredCertificate certificate;
  certificate.id = id_of<CertificateId>(row["id"]);
  certificate.service = id_of<ServiceId>(row["service_id"]);
  certificate.slot = row["slot"].as<int>();
  certificate.serial = row["serial"].as<std::string>();
  certificate.sha256 = row["sha256"].as<std::string>();
  certificate.common_name = row["common_name"].as<std::string>();
  certificate.not_before = wall_time(row["begins"].as<double>());
  certificate.not_after = wall_time(row["ends"].as<double>());
  certificate.leaf_pem = row["leaf_pem"].as<std::string>();
  certificate.chain_pem = row["chain_pem"].as<std::string>();
  certificate.key_pair = id_of<KeyPairId>(row["key_pair_id"]);
  return certificate;
}

// Two that store at the same time would see the same free slot.
void lock_slots(Tx& tx, ServiceId service) {
  tx.raw().exec_params("SELECT pg_advisory_xact_lock(hashtextextended('certificate.slots', $1))",
                       service.value());
}

// The place for the new one among those held (the one that expires last comes first).
Place choose_place(const std::vector<domain::StoredCertificate>& held, const std::string& sha256) {
  for (const auto& each : held)
    if (each.sha256 == sha256) return {each.id, each.slot, true, {}};
  if (held.size() >= generations_max) return {{}, held.back().slot, false, held.back()};
  int slot = !held.empty() && held.front().slot == 1 ? 2 : 1;
  return {{}, slot, false, {}};
}

void renew(Tx& tx, CertificateId id, const pki::Chain& chain, KeyPairId key_pair, OrderId order) {
  tx.raw().exec_params(
      "UPDATE certificate SET chain_pem = $2, key_pair_id = coalesce(nullif($3::bigint, 0), key_pair_id),"
      " order_id = coalesce(nullif($4::bigint, 0), order_id) WHERE id = $1",
      id.value(), chain.intermediates_pem(), key_pair.value(), order.value());
}

CertificateId insert(Tx& tx, ServiceId service, int slot, const pki::Chain& chain, KeyPairId key_pair,
                     OrderId order) {
  const auto& leaf = chain.leaf;
  auto common_name = leaf.common_name();
  if (common_name.empty() && !leaf.dns_names().empty()) common_name = leaf.dns_names().front();
  return id_of<CertificateId>(
      tx.raw().exec_params1("INSERT INTO certificate (service_id, slot, serial, sha256, common_name, "
                            "not_before, not_after, leaf_pem,"
                            " chain_pem, key_pair_id, order_id)"
                            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, nullif($10::bigint, 0), "
                            "nullif($11::bigint, 0)) RETURNING id",
                            service.value(), slot, leaf.serial(), leaf.sha256(), common_name,
                            timestamp(leaf.not_before()), timestamp(leaf.not_after()), leaf.pem(),
                            chain.intermediates_pem(), key_pair.value(), order.value())[0]);
}

}  // namespace

domain::StoredCertificate get(Tx& tx, CertificateId id) {
  auto rows = tx.raw().exec_params(std::string(columns) + "WHERE id = $1", id.value());
  require_row(rows, nouns::certificate, id.value());
  return certificate_of(rows[0]);
}

std::vector<domain::StoredCertificate> list(Tx& tx, ServiceId service) {
  std::vector<domain::StoredCertificate> certificates;
  for (const auto& row : tx.raw().exec_params(
           std::string(columns) + "WHERE service_id = $1 ORDER BY not_after DESC, id DESC", service.value()))
    certificates.push_back(certificate_of(row));
  return certificates;
}

std::optional<domain::StoredCertificate> current(Tx& tx, ServiceId service) {
  auto held = list(tx, service);
  if (held.empty()) return std::nullopt;
  return std::move(held.front());
}

Place store_issued(Tx& tx, ServiceId service, const pki::Chain& chain, KeyPairId key_pair, OrderId order) {
  lock_slots(tx, service);
  auto place = choose_place(list(tx, service), chain.leaf.sha256());
  if (place.renewed) {
    renew(tx, place.id, chain, key_pair, order);
    return place;
  }
  if (place.replaced)
    tx.raw().exec_params("DELETE FROM certificate WHERE id = $1", place.replaced->id.value());
  place.id = insert(tx, service, place.slot, chain, key_pair, order);
  key_pairs::remove_unused(tx, service, place.replaced ? place.replaced->key_pair : KeyPairId());
  return place;
}

}  // namespace certfleet::store::certificates
