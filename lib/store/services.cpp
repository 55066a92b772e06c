#include "lib/store/services.h"

#include "lib/store/arrays.h"
#include "lib/store/ca_accounts.h"
#include "lib/store/rows.h"

namespace certfleet::store::services {
namespace {

constexpr const char* columns =
    "SELECT s.id, s.name, s.group_id, s.enabled, s.common_name, s.sans, s.separate_chain, s.ca_account_id,"
    " s.auto_order, s.product, s.licences, s.previous_order, s.organization_id, s.applicant_id, s.ev_approver_id,"
    " s.csr_source, k.algorithm, k.country, k.state, k.locality, k.organization, k.unit, k.email"
    " FROM service s LEFT JOIN key_spec k ON k.service_id = s.id ";

domain::OrderSettings order_of(const pqxx::row& row) {
  domain::OrderSettings order;
  order.automatic = row["auto_order"].as<bool>();
  order.ca_account = id_of<CaAccountId>(row["ca_account_id"]);
  if (auto number = int_of(row["product"])) order.product = domain::product_of(*number);
  order.licences = row["licences"].as<int>();
  order.previous_order = text_of(row["previous_order"]);
  order.organization = id_of<OrganizationId>(row["organization_id"]);
  order.applicant = id_of<ApplicantId>(row["applicant_id"]);
  order.ev_approver = id_of<ApplicantId>(row["ev_approver_id"]);
  order.csr_source =
      domain::csr_source_from(row["csr_source"].as<std::string>()).value_or(domain::CsrSource::at_order);
  return order;
}

domain::Service service_of(const pqxx::row& row) {
  domain::Service service;
  service.id = id_of<ServiceId>(row["id"]);
  service.name = row["name"].as<std::string>();
  service.group = id_of<GroupId>(row["group_id"]);
  service.enabled = row["enabled"].as<bool>();
  service.common_name = row["common_name"].as<std::string>();
  service.sans = array_items(row["sans"].c_str());
  service.separate_chain = row["separate_chain"].as<bool>();
  service.order = order_of(row);
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

std::optional<std::string> product_text(const std::optional<domain::Product>& product) {
  if (!product) return std::nullopt;
  return std::to_string(number_of(*product));
}

// What the CA of the service asks for, whoever writes it.
void check_against_account(Tx& tx, const domain::Service& service) {
  if (service.order.ca_account)
    domain::check_order_settings(service, ca_accounts::get(tx, service.order.ca_account));
}

// Manual 8.6.2: while an order is under way, what it depends on does not change. One that only waits for its time
// is not yet under way. Whoever starts an order meanwhile waits for the lock of the service's row.
void require_no_order_under_way(Tx& tx, const domain::Service& service) {
  auto rows = tx.raw().exec_params(
      "SELECT request_no FROM ca_order WHERE service_id = $1 AND ended_at IS NULL AND state <> 'scheduled'",
      service.id.value());
  if (rows.empty()) return;
  throw Failure(Fault::conflict,
                Text{"サービス {} は申請中です (要求 {:05})。終わるまでコモンネーム・FQDN・公開鍵情報・申請の設定は変更できません",
                     "the service {} has an order under way (request {:05}): its names, its key spec and its order"
                     " settings can't be changed until it has ended"},
                service.name, rows[0][0].as<int>());
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

std::vector<std::string> names(Tx& tx) {
  std::vector<std::string> names;
  for (const auto& row : tx.raw().exec("SELECT name FROM service")) names.push_back(row[0].as<std::string>());
  return names;
}

ServiceId add(Tx& tx, const domain::Service& service) {
  check_against_account(tx, service);
  auto product = product_text(service.order.product);
  const auto& order = service.order;
  auto id = naming(nouns::service, service.name, [&] {
    return id_of<ServiceId>(tx.raw().exec_params1(
        "INSERT INTO service (name, group_id, enabled, common_name, sans, separate_chain, ca_account_id, auto_order,"
        " product, licences, previous_order, organization_id, applicant_id, ev_approver_id, csr_source)"
        " VALUES ($1, $2, $3, $4, $5::text[], $6, nullif($7::bigint, 0), $8, $9::smallint, $10, $11,"
        " nullif($12::bigint, 0), nullif($13::bigint, 0), nullif($14::bigint, 0), $15) RETURNING id",
        service.name, service.group.value(), service.enabled, service.common_name,
        array_literal(service.sans), service.separate_chain, order.ca_account.value(), order.automatic,
        or_null(product), order.licences, or_null(order.previous_order), order.organization.value(),
        order.applicant.value(), order.ev_approver.value(), std::string(to_string(order.csr_source)))[0]);
  });
  write_key_spec(tx, id, service.key_spec);
  return id;
}

void update(Tx& tx, const domain::Service& service) {
  tx.raw().exec_params("SELECT 1 FROM service WHERE id = $1 FOR UPDATE", service.id.value());
  auto before = get(tx, service.id);
  if (domain::orders_differently(before, service)) require_no_order_under_way(tx, before);
  check_against_account(tx, service);
  auto product = product_text(service.order.product);
  const auto& order = service.order;
  naming(nouns::service, service.name, [&] {
    tx.raw().exec_params(
        "UPDATE service SET name = $2, group_id = $3, enabled = $4, common_name = $5, sans = $6::text[],"
        " separate_chain = $7, ca_account_id = nullif($8::bigint, 0), auto_order = $9, product = $10::smallint,"
        " licences = $11, previous_order = $12, organization_id = nullif($13::bigint, 0),"
        " applicant_id = nullif($14::bigint, 0), ev_approver_id = nullif($15::bigint, 0), csr_source = $16"
        " WHERE id = $1",
        service.id.value(), service.name, service.group.value(), service.enabled, service.common_name,
        array_literal(service.sans), service.separate_chain, order.ca_account.value(), order.automatic,
        or_null(product), order.licences, or_null(order.previous_order), order.organization.value(),
        order.applicant.value(), order.ev_approver.value(), std::string(to_string(order.csr_source)));
  });
  write_key_spec(tx, service.id, service.key_spec);
}

void remove(Tx& tx, ServiceId id) {
  require_row(tx.raw().exec_params("DELETE FROM service WHERE id = $1", id.value()), nouns::service, id.value());
}

}  // namespace certfleet::store::services
