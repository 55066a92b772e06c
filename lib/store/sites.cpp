#include "lib/store/sites.h"

#include "lib/store/rows.h"

namespace certfleet::store::sites {
namespace {

domain::Site site_of(const pqxx::row& row) {
  return {id_of<SiteId>(row["id"]), row["name"].as<std::string>()};
}

}  // namespace

domain::Site get(Tx& tx, SiteId id) {
  auto rows = tx.raw().exec_params("SELECT id, name FROM site WHERE id = $1", id.value());
  require_row(rows, nouns::site, id.value());
  return site_of(rows[0]);
}

std::optional<domain::Site> find(Tx& tx, std::string_view name) {
  auto rows = tx.raw().exec_params("SELECT id, name FROM site WHERE name = $1", std::string(name));
  if (rows.empty()) return std::nullopt;
  return site_of(rows[0]);
}

std::vector<domain::Site> list(Tx& tx) {
  std::vector<domain::Site> sites;
  for (const auto& row : tx.raw().exec("SELECT id, name FROM site ORDER BY name"))
    sites.push_back(site_of(row));
  return sites;
}

std::int64_t nodes(Tx& tx, SiteId id) {
  return tx.raw().exec_params1("SELECT count(*) FROM node WHERE site_id = $1", id.value())[0].as<std::int64_t>();
}

std::vector<std::pair<domain::Site, std::int64_t>> list_with_nodes(Tx& tx) {
  std::vector<std::pair<domain::Site, std::int64_t>> sites;
  for (const auto& row : tx.raw().exec(
           "SELECT s.id, s.name, coalesce(n.number, 0) AS number FROM site s"
           " LEFT JOIN (SELECT site_id, count(*) AS number FROM node GROUP BY site_id) n ON n.site_id = s.id"
           " ORDER BY s.name"))
    sites.emplace_back(site_of(row), row["number"].as<std::int64_t>());
  return sites;
}

SiteId add(Tx& tx, const domain::Site& site) {
  return naming(nouns::site, site.name, [&] {
    return id_of<SiteId>(
        tx.raw().exec_params1("INSERT INTO site (name) VALUES ($1) RETURNING id", site.name)[0]);
  });
}

void update(Tx& tx, const domain::Site& site) {
  naming(nouns::site, site.name, [&] {
    require_row(tx.raw().exec_params("UPDATE site SET name = $2 WHERE id = $1", site.id.value(), site.name),
                nouns::site, site.id.value());
  });
}

void remove(Tx& tx, SiteId id) {
  auto site = get(tx, id);
  naming(nouns::site, site.name, [&] { tx.raw().exec_params("DELETE FROM site WHERE id = $1", id.value()); });
}

}  // namespace certfleet::store::sites
