#include "lib/store/company.h"

#include "lib/store/rows.h"

namespace certfleet::store::company {

std::optional<domain::Company> find(Tx& tx) {
  auto rows = tx.raw().exec("SELECT id, name FROM company");
  if (rows.empty()) return std::nullopt;
  return domain::Company{id_of<CompanyId>(rows[0]["id"]), rows[0]["name"].as<std::string>()};
}

CompanyId add(Tx& tx, const domain::Company& company) {
  return naming(nouns::company, company.name, [&] {
    return id_of<CompanyId>(
        tx.raw().exec_params1("INSERT INTO company (name) VALUES ($1) RETURNING id", company.name)[0]);
  });
}

void update(Tx& tx, const domain::Company& company) {
  require_row(
      tx.raw().exec_params("UPDATE company SET name = $2 WHERE id = $1", company.id.value(), company.name),
      nouns::company, company.id.value());
}

}  // namespace certfleet::store::company
