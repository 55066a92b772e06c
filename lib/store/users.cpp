#include "lib/store/users.h"

#include <libpq-fe.h>

#include "lib/store/arrays.h"
#include "lib/store/rows.h"
#include "lib/store/times.h"

namespace certfleet::store::users {
namespace {

domain::User user_of(const pqxx::row& row) {
  domain::User user{id_of<UserId>(row["id"]), row["name"].as<std::string>(), row["role"].as<std::string>(),
                    row["contact"].as<std::string>(), row["password_set"].as<bool>(), std::nullopt};
  if (!row["code_expires_at"].is_null()) user.code_expires_at = wall_time(row["code_expires_at"].as<double>());
  return user;
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

constexpr const char* columns =
    "SELECT id, name, role, contact, password_set_at IS NOT NULL AS password_set,"
    " extract(epoch FROM code_expires_at) AS code_expires_at FROM app_user ";

std::optional<std::string> timestamp_or_none(const std::optional<WallTime>& time) {
  if (!time) return std::nullopt;
  return timestamp(*time);
}

}  // namespace

domain::User get(Tx& tx, UserId id) {
  auto rows = tx.raw().exec_params(std::string(columns) + "WHERE id = $1", id.value());
  require_row(rows, nouns::user, id.value());
  return user_of(rows[0]);
}

std::optional<domain::User> find(Tx& tx, std::string_view name) {
  auto rows = tx.raw().exec_params(std::string(columns) + "WHERE name = $1", std::string(name));
  if (rows.empty()) return std::nullopt;
  return user_of(rows[0]);
}

std::vector<domain::User> list(Tx& tx) {
  std::vector<domain::User> users;
  for (const auto& row : tx.raw().exec(std::string(columns) + "ORDER BY name")) users.push_back(user_of(row));
  return users;
}

UserId add(Tx& tx, const domain::User& user, std::string_view password, std::optional<WallTime> code_until) {
  auto until = timestamp_or_none(code_until);
  return naming(nouns::user, user.name, [&] {
    return id_of<UserId>(tx.raw().exec_params1("SELECT add_user($1, $2, $3, $4, $5::timestamptz)", user.name,
                                               user.role, user.contact, verifier(user.name, password),
                                               or_null(until))[0]);
  });
}

UserId add_without_password(Tx& tx, const domain::User& user) {
  return naming(nouns::user, user.name, [&] {
    return id_of<UserId>(
        tx.raw().exec_params1("SELECT add_user($1, $2, $3, NULL, NULL)", user.name, user.role, user.contact)[0]);
  });
}

void update(Tx& tx, const domain::User& user) {
  tx.raw().exec_params("SELECT set_user($1, $2, $3)", user.name, user.role, user.contact);
}

void remove(Tx& tx, std::string_view name) {
  tx.raw().exec_params("SELECT remove_user($1)", std::string(name));
}

void reset(Tx& tx, std::string_view name, std::string_view code, WallTime until) {
  tx.raw().exec_params("SELECT reset_user($1, $2, $3::timestamptz)", std::string(name), verifier(name, code),
                       timestamp(until));
}

void set_password(Tx& tx, std::string_view name, std::string_view password) {
  tx.raw().exec_params("SELECT reset_user($1, $2, NULL)", std::string(name), verifier(name, password));
}

std::optional<Standing> who_am_i(Tx& tx) {
  auto rows = tx.raw().exec(
      "SELECT name, role, password_set, extract(epoch FROM code_expires_at) AS code_expires_at, groups"
      " FROM certfleet.who_am_i()");
  if (rows.empty()) return std::nullopt;
  auto row = rows[0];
  Standing standing{row["name"].as<std::string>(), row["role"].as<std::string>(), row["password_set"].as<bool>(),
                    std::nullopt, array_items(row["groups"].c_str())};
  if (!row["code_expires_at"].is_null()) standing.code_expires_at = wall_time(row["code_expires_at"].as<double>());
  return standing;
}

void change_own_password(Tx& tx, std::string_view name, std::string_view password) {
  tx.raw().exec_params("SELECT certfleet.change_password($1)", verifier(name, password));
}

void set_daemon_password(Tx& tx, std::string_view role, std::string_view password) {
  run(tx, "ALTER ROLE {} PASSWORD " + tx.raw().quote(verifier(role, password)), role);
}

std::vector<FailedLogin> failed_logins(Tx& tx, WallTime since, int rows_max) {
  std::vector<FailedLogin> failed;
  for (const auto& row : tx.raw().exec_params(
           "SELECT extract(epoch FROM at) AS at, coalesce(who, '') AS who, coalesce(host, '') AS host,"
           " coalesce(message, '') AS message FROM failed_logins($1::timestamptz, $2)",
           timestamp(since), rows_max))
    failed.push_back({wall_time(row["at"].as<double>()), row["who"].as<std::string>(),
                      row["host"].as<std::string>(), row["message"].as<std::string>()});
  return failed;
}

}  // namespace certfleet::store::users
