#include "lib/store/organizations.h"

#include "lib/store/references.h"
#include "lib/store/rows.h"

namespace certfleet::store::organizations {
namespace {

constexpr const char* columns = "SELECT id, name, number, note FROM organization ";

domain::Organization organization_of(const pqxx::row& row) {
  return {id_of<OrganizationId>(row["id"]), row["name"].as<std::string>(), row["number"].as<std::string>(),
          row["note"].as<std::string>()};
}

}  // namespace

domain::Organization get(Tx& tx, OrganizationId id) {
  auto rows = tx.raw().exec_params(std::string(columns) + "WHERE id = $1", id.value());
  require_row(rows, nouns::organization, id.value());
  return organization_of(rows[0]);
}

std::optional<domain::Organization> find(Tx& tx, std::string_view name) {
  auto rows = tx.raw().exec_params(std::string(columns) + "WHERE name = $1", std::string(name));
  if (rows.empty()) return std::nullopt;
  return organization_of(rows[0]);
}

std::vector<domain::Organization> list(Tx& tx) {
  std::vector<domain::Organization> organizations;
  for (const auto& row : tx.raw().exec(std::string(columns) + "ORDER BY name"))
    organizations.push_back(organization_of(row));
  return organizations;
}

OrganizationId add(Tx& tx, const domain::Organization& organization) {
  return naming(nouns::organization, organization.name, [&] {
    return id_of<OrganizationId>(
        tx.raw().exec_params1("INSERT INTO organization (name, number, note) VALUES ($1, $2, $3) RETURNING id",
                              organization.name, organization.number, organization.note)[0]);
  });
}

void update(Tx& tx, const domain::Organization& organization) {
  naming(nouns::organization, organization.name, [&] {
    require_row(tx.raw().exec_params("UPDATE organization SET name = $2, number = $3, note = $4 WHERE id = $1",
                                     organization.id.value(), organization.name, organization.number,
                                     organization.note),
                nouns::organization, organization.id.value());
  });
}

void remove(Tx& tx, OrganizationId id) {
  auto organization = get(tx, id);
  require_unused(tx, nouns::organization, organization.name, "SELECT name FROM service WHERE organization_id = $1",
                 id.value());
  naming(nouns::organization, organization.name,
         [&] { tx.raw().exec_params("DELETE FROM organization WHERE id = $1", id.value()); });
}

}  // namespace certfleet::store::organizations
