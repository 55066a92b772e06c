#include "lib/store/services.h"

#include <array>
#include <map>

#include "lib/store/arrays.h"
#include "lib/store/ca_accounts.h"
#include "lib/store/many_rows.h"
#include "lib/store/rows.h"

namespace certfleet::store::services {
namespace {

constexpr const char* configured =
    "name, group_id, enabled, common_name, sans, separate_chain, ca_account_id, auto_order, product, licences,"
    " previous_order, organization_id, applicant_id, ev_approver_id, csr_source";
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

using KeySpecs = std::vector<std::pair<ServiceId, const domain::KeySpec*>>;

void write_key_specs(Tx& tx, const KeySpecs& specs) {
  if (specs.empty()) return;
  std::array<ArrayLiteral, 8> c;
  for (const auto& [id, spec] : specs) {
    c[0].add(id.value());
    c[1].add(spec->algorithm);
    c[2].add(spec->country);
    c[3].add(spec->state);
    c[4].add(spec->locality);
    c[5].add(spec->organization);
    c[6].add(spec->unit);
    c[7].add(spec->email);
  }
  tx.raw().exec_params(
      "INSERT INTO key_spec (service_id, algorithm, country, state, locality, organization, unit, email)"
      " SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],"
      " $8::text[])"
      " ON CONFLICT (service_id) DO UPDATE SET algorithm = EXCLUDED.algorithm, country = EXCLUDED.country,"
      " state = EXCLUDED.state, locality = EXCLUDED.locality, organization = EXCLUDED.organization,"
      " unit = EXCLUDED.unit, email = EXCLUDED.email",
      c[0].take(), c[1].take(), c[2].take(), c[3].take(), c[4].take(), c[5].take(), c[6].take(), c[7].take());
}

// The id (0: new) and what is `configured`, as texts; none is NULL.
std::array<std::optional<std::string>, 16> fields_of(const domain::Service& service) {
  auto reference = [](auto id) { return id ? std::optional(std::to_string(id.value())) : std::nullopt; };
  const auto& order = service.order;
  return {std::to_string(service.id.value()),
          service.name,
          std::to_string(service.group.value()),
          std::string(flag(service.enabled)),
          service.common_name,
          array_literal(service.sans),
          std::string(flag(service.separate_chain)),
          reference(order.ca_account),
          std::string(flag(order.automatic)),
          order.product ? std::optional(std::to_string(number_of(*order.product))) : std::nullopt,
          std::to_string(order.licences),
          order.previous_order,
          reference(order.organization),
          reference(order.applicant),
          reference(order.ev_approver),
          std::string(to_string(order.csr_source))};
}

// Runs `sql` with the rows of `services`: {0} stands for what is `configured`, {1} for a table t of them.
pqxx::result run(Tx& tx, std::string_view sql, std::span<const domain::Service> services) {
  return run_with_rows(tx, sql, services, fields_of, configured,
                       "(SELECT id, name, group_id, enabled, common_name, sans::text[], separate_chain, ca_account_id,"
                       " auto_order, product, licences, previous_order, organization_id, applicant_id, ev_approver_id,"
                       " csr_source FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::boolean[], $5::text[],"
                       " $6::text[], $7::boolean[], $8::bigint[], $9::boolean[], $10::smallint[], $11::integer[],"
                       " $12::text[], $13::bigint[], $14::bigint[], $15::bigint[], $16::text[]) AS u (id, {0})) AS t");
}

// What the CA of each service asks for, whoever writes it.
void check_against_accounts(Tx& tx, std::span<const domain::Service> services) {
  std::map<CaAccountId, domain::CaAccount> accounts;  // each is read once
  for (const auto& service : services) {
    auto id = service.order.ca_account;
    if (!id) continue;
    auto found = accounts.find(id);
    if (found == accounts.end()) found = accounts.emplace(id, ca_accounts::get(tx, id)).first;
    domain::check_order_settings(service, found->second);
  }
}

// Manual 8.6.2: while an order is under way, what it depends on does not change. One that only waits for its time
// is not yet under way. Whoever starts an order meanwhile waits for the lock of the service's row.
void require_no_order_under_way(Tx& tx, std::span<const domain::Service> services) {
  if (services.empty()) return;
  auto rows = tx.raw().exec_params(
      "SELECT s.name, o.request_no FROM ca_order o JOIN service s ON s.id = o.service_id"
      " WHERE o.service_id = ANY ($1::bigint[]) AND o.ended_at IS NULL AND o.state <> 'scheduled' LIMIT 1",
      ids_literal(services));
  if (rows.empty()) return;
  throw Failure(Fault::conflict,
                Text{"サービス {} は申請中です (要求 {:05})。終わるまでコモンネーム・FQDN・公開鍵情報・申請の設定は変更できません",
                     "the service {} has an order under way (request {:05}): its names, its key spec and its order"
                     " settings can't be changed until it has ended"},
                rows[0][0].as<std::string>(), rows[0][1].as<int>());
}

std::vector<domain::Service> services_of(const pqxx::result& rows) {
  std::vector<domain::Service> services;
  for (const auto& row : rows) services.push_back(service_of(row));
  return services;
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
  return services_of(tx.raw().exec(std::string(columns) + "ORDER BY s.name"));
}

std::vector<domain::Service> get_all(Tx& tx, const std::vector<std::int64_t>& ids) {
  return services_of(
      tx.raw().exec_params(std::string(columns) + "WHERE s.id = ANY ($1::bigint[])", array_literal(ids)));
}

ServiceId add(Tx& tx, const domain::Service& service) {
  return naming(nouns::service, service.name, [&] { return add_all(tx, {&service, 1}).front(); });
}

std::vector<ServiceId> add_all(Tx& tx, std::span<const domain::Service> services) {
  check_against_accounts(tx, services);
  auto ids = in_order_of<ServiceId>(
      run(tx, "INSERT INTO service ({0}) SELECT {0} FROM {1} RETURNING name, id", services), services);
  KeySpecs specs;
  for (std::size_t i = 0; i < services.size(); ++i)
    if (services[i].key_spec) specs.emplace_back(ids[i], &*services[i].key_spec);
  write_key_specs(tx, specs);
  return ids;
}

void update(Tx& tx, const domain::Service& service) {
  naming(nouns::service, service.name, [&] { update_all(tx, {&service, 1}); });
}

void update_all(Tx& tx, std::span<const domain::Service> services) {
  tx.raw().exec_params("SELECT 1 FROM service WHERE id = ANY ($1::bigint[]) ORDER BY id FOR UPDATE",
                       ids_literal(services));
  std::map<ServiceId, domain::Service> stored;
  for (auto& service : get_all(tx, numbers_of(services))) stored.emplace(service.id, std::move(service));
  std::vector<domain::Service> differing;
  KeySpecs specs;
  ArrayLiteral without;
  for (const auto& service : services) {
    auto before = stored.find(service.id);
    if (before == stored.end()) no_row(nouns::service, service.id.value());
    if (domain::orders_differently(before->second, service)) differing.push_back(service);
    if (before->second.key_spec == service.key_spec) continue;
    if (service.key_spec)
      specs.emplace_back(service.id, &*service.key_spec);
    else
      without.add(service.id.value());
  }
  require_no_order_under_way(tx, differing);
  check_against_accounts(tx, services);
  run(tx, "UPDATE service s SET ({0}) = (SELECT {0} FROM (SELECT t.*) AS wanted) FROM {1} WHERE s.id = t.id", services);
  write_key_specs(tx, specs);
  tx.raw().exec_params("DELETE FROM key_spec WHERE service_id = ANY ($1::bigint[])", without.take());
}

void remove(Tx& tx, ServiceId id) {
  require_row(tx.raw().exec_params("DELETE FROM service WHERE id = $1", id.value()), nouns::service, id.value());
}

}  // namespace certfleet::store::services
