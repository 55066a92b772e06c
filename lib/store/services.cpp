#include "lib/store/services.h"

#include "lib/store/arrays.h"
#include "lib/store/rows.h"

namespace certfleet::store::services {
namespace {

constexpr const char* columns =
    "SELECT s.id, s.name, s.group_id, s.enabled, s.common_name, s.sans, s.separate_chain, s.ca_account_id,"
    " k.algorithm, k.country, k.state, k.locality, k.organization, k.unit, k.email"
    " FROM service s LEFT JOIN key_spec k ON k.service_id = s.id ";

domain::Service service_of(const pqxx::row& row) {
  domain::Service service;
  service.id = id_of<ServiceId>(row["id"]);
  service.name = row["name"].as<std::string>();
  service.group = id_of<GroupId>(row["group_id"]);
  service.enabled = row["enabled"].as<bool>();
  service.common_name = row["common_name"].as<std::string>();
  service.sans = array_items(row["sans"].c_str());
  service.separate_chain = row["separate_chain"].as<bool>();
  service.ca_account = id_of<CaAccountId>(row["ca_account_id"]);
  if (!row["algorithm"].is_null())
    service.key_spec = {row["algorithm"].as<std::string>(),    row["country"].as<std::string>(),
                        row["state"].as<std::string>(),        row["locality"].as<std::string>(),
                        row["organization"].as<std::string>(), row["unit"].as<std::string>(),
                        row["email"].as<std::string>()};
  return service;
}

void write_key_spec(Tx& tx, ServiceId id, const std::optional<domain::KeySpec>& spec) {
  if (!spec) {
    tx.raw().exec_params("DELETE FROM key_spec WHERE service_id = $1", id.value());
    return;
  }
  tx.raw().exec_params(
      "INSERT INTO key_spec (service_id, algorithm, country, state, locality, organization, unit, email)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
      " ON CONFLICT (service_id) DO UPDATE SET algorithm = EXCLUDED.algorithm, country = EXCLUDED.country,"
      " state = EXCLUDED.state, locality = EXCLUDED.locality, organization = EXCLUDED.organization,"
      " unit = EXCLUDED.unit, email = EXCLUDED.email",
      id.value(), spec->algorithm, spec->country, spec->state, spec->locality, spec->organization, spec->unit,
      spec->email);
}

}  // namespace

domain::Service get(Tx& tx, ServiceId id) {
  auto rows = tx.raw().exec_params(std::string(columns) + "WHERE s.id = $1", id.value());
  require_row(rows, nouns::service, id.value());
  return service_of(rows[0]);
}

std::optional<domain::Service> find(Tx& tx, std::string_view name) {
  auto rows = tx.raw().exec_params(std::string(columns) + "WHERE s.name = $1", std::string(name));
  if (rows.empty()) return std::nullopt;
  return service_of(rows[0]);
}

std::vector<domain::Service> list(Tx& tx) {
  std::vector<domain::Service> services;
  for (const auto& row : tx.raw().exec(std::string(columns) + "ORDER BY s.name"))
    services.push_back(service_of(row));
  return services;
}

ServiceId add(Tx& tx, const domain::Service& service) {
  auto id = naming(nouns::service, service.name, [&] {
    return id_of<ServiceId>(tx.raw().exec_params1(
        "INSERT INTO service (name, group_id, enabled, common_name, sans, separate_chain, ca_account_id)"
        " VALUES ($1, $2, $3, $4, $5::text[], $6, nullif($7::bigint, 0)) RETURNING id",
        service.name, service.group.value(), service.enabled, service.common_name,
        array_literal(service.sans), service.separate_chain, service.ca_account.value())[0]);
  });
  write_key_spec(tx, id, service.key_spec);
  return id;
}

void update(Tx& tx, const domain::Service& service) {
  naming(nouns::service, service.name, [&] {
    require_row(
        tx.raw().exec_params("UPDATE service SET name = $2, group_id = $3, enabled = $4, common_name = $5,"
                             " sans = $6::text[], separate_chain = $7, ca_account_id = nullif($8::bigint, 0)"
                             " WHERE id = $1",
                             service.id.value(), service.name, service.group.value(), service.enabled,
                             service.common_name, array_literal(service.sans), service.separate_chain,
                             service.ca_account.value()), nouns::service, service.id.value());
  });
  write_key_spec(tx, service.id, service.key_spec);
}

void remove(Tx& tx, ServiceId id) {
  require_row(tx.raw().exec_params("DELETE FROM service WHERE id = $1", id.value()), nouns::service, id.value());
}

}  // namespace certfleet::store::services
