#include "lib/store/applicants.h"

#include "lib/store/references.h"
#include "lib/store/rows.h"

namespace certfleet::store::applicants {
namespace {

bool ev(Kind kind) {
  return kind == Kind::ev_approver;
}
const char* table(Kind kind) {
  return ev(kind) ? "ev_approver" : "applicant";
}
const Text& noun(Kind kind) {
  return ev(kind) ? nouns::ev_approver : nouns::applicant;
}

std::string select(Kind kind, const char* which) {
  return fmt::format(
      "SELECT id, name, user_id, person, country, postal_code, address_1, address_2, phone, title, email FROM {} {}",
      table(kind), which);
}

domain::Applicant applicant_of(const pqxx::row& row) {
  auto text = [&](const char* column) { return row[column].as<std::string>(); };
  return {id_of<ApplicantId>(row["id"]),
          text("name"),
          text_of(row["user_id"]),
          {text("person"), text("country"), text("postal_code"), text("address_1"), text("address_2"),
           text("phone"), text("title"), text("email")}};
}

}  // namespace

domain::Applicant get(Tx& tx, Kind kind, ApplicantId id) {
  auto rows = tx.raw().exec_params(select(kind, "WHERE id = $1"), id.value());
  require_row(rows, noun(kind), id.value());
  return applicant_of(rows[0]);
}

std::optional<domain::Applicant> find(Tx& tx, Kind kind, std::string_view name) {
  auto rows = tx.raw().exec_params(select(kind, "WHERE name = $1"), std::string(name));
  if (rows.empty()) return std::nullopt;
  return applicant_of(rows[0]);
}

std::vector<domain::Applicant> list(Tx& tx, Kind kind) {
  std::vector<domain::Applicant> applicants;
  for (const auto& row : tx.raw().exec(select(kind, "ORDER BY name"))) applicants.push_back(applicant_of(row));
  return applicants;
}

ApplicantId add(Tx& tx, Kind kind, const domain::Applicant& applicant) {
  const auto& person = applicant.person;
  return naming(noun(kind), applicant.name, [&] {
    return id_of<ApplicantId>(tx.raw().exec_params1(
        fmt::format("INSERT INTO {} (name, user_id, person, country, postal_code, address_1, address_2, phone,"
                    " title, email) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id",
                    table(kind)),
        applicant.name, or_null(applicant.user_id), person.name, person.country, person.postal_code,
        person.address_1, person.address_2, person.phone, person.title, person.email)[0]);
  });
}

void update(Tx& tx, Kind kind, const domain::Applicant& applicant) {
  const auto& person = applicant.person;
  naming(noun(kind), applicant.name, [&] {
    require_row(tx.raw().exec_params(
                    fmt::format("UPDATE {} SET name = $2, user_id = $3, person = $4, country = $5,"
                                " postal_code = $6, address_1 = $7, address_2 = $8, phone = $9, title = $10,"
                                " email = $11 WHERE id = $1",
                                table(kind)),
                    applicant.id.value(), applicant.name, or_null(applicant.user_id), person.name,
                    person.country, person.postal_code, person.address_1, person.address_2, person.phone,
                    person.title, person.email),
                noun(kind), applicant.id.value());
  });
}

void remove(Tx& tx, Kind kind, ApplicantId id) {
  auto applicant = get(tx, kind, id);
  require_unused(tx, noun(kind), applicant.name,
                 fmt::format("SELECT name FROM service WHERE {}_id = $1", table(kind)), id.value());
  naming(noun(kind), applicant.name, [&] {
    tx.raw().exec_params(fmt::format("DELETE FROM {} WHERE id = $1", table(kind)), id.value());
  });
}

}  // namespace certfleet::store::applicants
