#include "lib/store/users.h"

#include <libpq-fe.h>

#include "lib/store/rows.h"

namespace certfleet::store::users {
namespace {

domain::User user_of(const pqxx::row& row) {
  return {id_of<UserId>(row["id"]), row["name"].as<std::string>(), row["role"].as<std::string>(),
          row["contact"].as<std::string>()};
}

std::string verifier(std::string_view role, std::string_view password) {
  // The client library makes verifiers only with a connection object at hand; it need not be connected.
  std::unique_ptr<PGconn, decltype(&PQfinish)> any(PQconnectStart("host=/nowhere"), &PQfinish);
  std::string name(role);
  std::string secret(password);
  std::unique_ptr<char, decltype(&PQfreemem)> made(
      PQencryptPasswordConn(any.get(), secret.c_str(), name.c_str(), "scram-sha-256"), &PQfreemem);
  explicit_bzero(secret.data(), secret.size());
  if (made == nullptr)
    throw Failure(Fault::permanent, fmt::format("can't make a password verifier for {}", role));
  return made.get();
}

// Names of roles can't be parameters; the library quotes them.
void run(Tx& tx, std::string_view format, std::string_view role) {
  tx.raw().exec(fmt::format(fmt::runtime(format), tx.raw().quote_name(std::string(role))));
}

bool is_member(Tx& tx, const std::string& user, const std::string& role) {
  return !tx.raw()
              .exec_params("SELECT 1 FROM pg_auth_members WHERE roleid = to_regrole($2) AND member ="
                           " (SELECT oid FROM pg_roles WHERE rolname = $1)",
                           user, role)
              .empty();
}

void set_membership(Tx& tx, const domain::User& user) {
  bool admin = user.role == "admin";
  run(tx, admin ? "GRANT certfleet_admin TO {}" : "GRANT certfleet_viewer TO {}", user.name);
  std::string other = admin ? "certfleet_viewer" : "certfleet_admin";
  if (is_member(tx, user.name, other)) run(tx, "REVOKE " + other + " FROM {}", user.name);
}

}  // namespace

domain::User get(Tx& tx, UserId id) {
  auto rows = tx.raw().exec_params("SELECT id, name, role, contact FROM app_user WHERE id = $1", id.value());
  require_row(rows, nouns::user, id.value());
  return user_of(rows[0]);
}

std::optional<domain::User> find(Tx& tx, std::string_view name) {
  auto rows =
      tx.raw().exec_params("SELECT id, name, role, contact FROM app_user WHERE name = $1", std::string(name));
  if (rows.empty()) return std::nullopt;
  return user_of(rows[0]);
}

std::vector<domain::User> list(Tx& tx) {
  std::vector<domain::User> users;
  for (const auto& row : tx.raw().exec("SELECT id, name, role, contact FROM app_user ORDER BY name"))
    users.push_back(user_of(row));
  return users;
}

UserId add(Tx& tx, const domain::User& user, std::string_view password) {
  auto id = naming(nouns::user, user.name, [&] {
    return id_of<UserId>(
        tx.raw().exec_params1("INSERT INTO app_user (name, role, contact) VALUES ($1, $2, $3) RETURNING id",
                              user.name, user.role, user.contact)[0]);
  });
  if (tx.raw().exec_params("SELECT 1 FROM pg_roles WHERE rolname = $1", user.name).empty())
    run(tx, "CREATE ROLE {} LOGIN", user.name);
  else
    run(tx, "ALTER ROLE {} LOGIN", user.name);
  set_password(tx, user.name, password);
  set_membership(tx, user);
  return id;
}

void update(Tx& tx, const domain::User& user) {
  require_row(tx.raw().exec_params("UPDATE app_user SET role = $2, contact = $3 WHERE id = $1",
                                   user.id.value(), user.role, user.contact), nouns::user, user.id.value());
  set_membership(tx, user);
}

void remove(Tx& tx, UserId id) {
  auto user = get(tx, id);
  tx.raw().exec_params("DELETE FROM app_user WHERE id = $1", id.value());
  run(tx, "DROP ROLE IF EXISTS {}", user.name);
}

void set_password(Tx& tx, std::string_view role, std::string_view password) {
  run(tx, "ALTER ROLE {} PASSWORD " + tx.raw().quote(verifier(role, password)), role);
}

}  // namespace certfleet::store::users
