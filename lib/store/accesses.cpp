#include "lib/store/accesses.h"

#include "lib/store/rows.h"

namespace certfleet::store::accesses {
namespace {

constexpr const char* columns = 
    "SELECT id, name, address, port, login_id, exec_id, host_key, login_secret_set, login_key_set,"
    " exec_secret_set FROM access ";

domain::Access access_of(const pqxx::row& row) {
  domain::Access access;
  access.id = id_of<AccessId>(row["id"]);
  access.name = row["name"].as<std::string>();
  access.address = row["address"].as<std::string>();
  access.port = int_of(row["port"]);
  access.login_id = row["login_id"].as<std::string>();
  access.exec_id = text_of(row["exec_id"]);
  access.host_key = text_of(row["host_key"]);
  access.login_secret_set = row["login_secret_set"].as<bool>();
  access.login_key_set = row["login_key_set"].as<bool>();
  access.exec_secret_set = row["exec_secret_set"].as<bool>();
  return access;
}

// Each sealed column by itself: persons may write them, but no statement of theirs may read one.
void write_secret(Tx& tx, AccessId id, const char* column, const std::optional<domain::Sealed>& sealed) {
  if (!sealed) return;
  auto value = bytea_text(*sealed);
  tx.raw().exec_params(fmt::format("UPDATE access SET {} = $2::bytea WHERE id = $1", column), id.value(),
                       or_null(value));
}

// Of the nodes that use it.
std::vector<std::string> kinds(Tx& tx, AccessId id) {
  std::vector<std::string> kinds;
  for (const auto& row : tx.raw().exec_params("SELECT DISTINCT kind FROM node WHERE access_id = $1", id.value()))
    kinds.push_back(row[0].as<std::string>());
  return kinds;
}

}  // namespace

domain::Access get(Tx& tx, AccessId id) {
  auto rows = tx.raw().exec_params(std::string(columns) + "WHERE id = $1", id.value());
  require_row(rows, nouns::access, id.value());
  return access_of(rows[0]);
}

domain::Access get_with_secrets(Tx& tx, AccessId id) {
  auto access = get(tx, id);
  auto row = tx.raw().exec_params1(
      "SELECT login_secret_sealed, login_key_sealed, exec_secret_sealed FROM access WHERE id = $1",
      id.value());
  access.login_secret = bytes_of(row["login_secret_sealed"]);
  access.login_key = bytes_of(row["login_key_sealed"]);
  access.exec_secret = bytes_of(row["exec_secret_sealed"]);
  return access;
}

std::optional<domain::Access> find(Tx& tx, std::string_view name) {
  auto rows = tx.raw().exec_params(std::string(columns) + "WHERE name = $1", std::string(name));
  if (rows.empty()) return std::nullopt;
  return access_of(rows[0]);
}

std::vector<domain::Access> list(Tx& tx) {
  std::vector<domain::Access> accesses;
  for (const auto& row : tx.raw().exec(std::string(columns) + "ORDER BY name"))
    accesses.push_back(access_of(row));
  return accesses;
}

AccessId add(Tx& tx, const domain::Access& access) {
  if (access.login_secret.value_or("").empty() && access.login_key.value_or("").empty())
    throw Failure(Fault::usage,
                  Text{"アクセス {}: パスワードか SSH 鍵が必要です", "access {}: a password or an SSH key is needed"}, access.name);
  auto secret = bytea_text(access.login_secret);
  auto key = bytea_text(access.login_key);
  auto exec_secret = bytea_text(access.exec_secret);
  auto port = number_text(access.port);
  return naming(nouns::access, access.name, [&] {
    return id_of<AccessId>(tx.raw().exec_params1(
        "INSERT INTO access (name, address, port, login_id, login_secret_sealed, login_key_sealed, exec_id,"
        " exec_secret_sealed, host_key)"
        " VALUES ($1, $2, $3::integer, $4, $5::bytea, $6::bytea, $7, $8::bytea, $9) RETURNING id",
        access.name, access.address, or_null(port), access.login_id, or_null(secret), or_null(key),
        or_null(access.exec_id), or_null(exec_secret), or_null(access.host_key))[0]);
  });
}

void update(Tx& tx, const domain::Access& access) {
  bool exec_goes = access.exec_secret && access.exec_secret->empty();  // before its id
  if (exec_goes) write_secret(tx, access.id, "exec_secret_sealed", access.exec_secret);
  auto port = number_text(access.port);
  naming(nouns::access, access.name, [&] {
    require_row(
        tx.raw().exec_params("UPDATE access SET name = $2, address = $3, port = $4::integer, login_id = $5,"
                             " exec_id = $6, host_key = $7 WHERE id = $1",
                             access.id.value(), access.name, access.address, or_null(port), access.login_id,
                             or_null(access.exec_id), or_null(access.host_key)), nouns::access, access.id.value());
  });
  try {
    // What is given comes before what is removed, so that a way to log in can be exchanged.
    bool key_first = access.login_secret && access.login_secret->empty();
    if (key_first) write_secret(tx, access.id, "login_key_sealed", access.login_key);
    write_secret(tx, access.id, "login_secret_sealed", access.login_secret);
    if (!key_first) write_secret(tx, access.id, "login_key_sealed", access.login_key);
  } catch (const pqxx::check_violation&) {
    throw Failure(Fault::usage,
                  Text{"アクセス {}: パスワードか SSH 鍵が必要です", "access {}: a password or an SSH key is needed"}, access.name);
  }
  if (!exec_goes) write_secret(tx, access.id, "exec_secret_sealed", access.exec_secret);
}

void require_fit(Tx& tx, AccessId id) {
  auto access = get(tx, id);
  for (const auto& kind : kinds(tx, id)) domain::require_access_for(kind, access);
}

void remove(Tx& tx, AccessId id) {
  auto access = get(tx, id);
  naming(nouns::access, access.name,
         [&] { tx.raw().exec_params("DELETE FROM access WHERE id = $1", id.value()); });
}

}  // namespace certfleet::store::accesses
