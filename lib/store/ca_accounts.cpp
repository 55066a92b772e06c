#include "lib/store/ca_accounts.h"

#include "lib/store/references.h"
#include "lib/store/rows.h"

namespace certfleet::store::ca_accounts {
namespace {

constexpr const char* columns =
    "SELECT id, name, kind, coalesce(directory_url, '') AS directory_url, contact, ca_pem, account_url,"
    " coalesce(api_url, '') AS api_url, api_key_set FROM ca_account ";

domain::CaAccount account_of(const pqxx::row& row) {
  domain::CaAccount account;
  account.id = id_of<CaAccountId>(row["id"]);
  account.name = row["name"].as<std::string>();
  account.kind = row["kind"].as<std::string>();
  account.directory_url = row["directory_url"].as<std::string>();
  account.contact = text_of(row["contact"]);
  account.ca_pem = text_of(row["ca_pem"]);
  account.account_url = text_of(row["account_url"]);
  account.api_url = row["api_url"].as<std::string>();
  account.api_key_set = row["api_key_set"].as<bool>();
  return account;
}

bool gives_key(const domain::CaAccount& account) { return !account.api_key.value_or("").empty(); }

[[noreturn]] void needs_key(std::string_view name) {
  throw Failure(Fault::usage,
                Text{"認証局アカウント {}: DigiCert のアカウントには API キーが必要です",
                     "CA account {}: a DigiCert account needs its API key"},
                name);
}

}  // namespace

domain::CaAccount get(Tx& tx, CaAccountId id) {
  auto rows = tx.raw().exec_params(std::string(columns) + "WHERE id = $1", id.value());
  require_row(rows, nouns::ca_account, id.value());
  return account_of(rows[0]);
}

domain::CaAccount get_with_secrets(Tx& tx, CaAccountId id) {
  auto account = get(tx, id);
  auto row = tx.raw().exec_params1("SELECT account_key_sealed, api_key_sealed FROM ca_account WHERE id = $1",
                                   id.value());
  account.account_key = bytes_of(row[0]);
  account.api_key = bytes_of(row[1]);
  return account;
}

std::optional<domain::CaAccount> find(Tx& tx, std::string_view name) {
  auto rows = tx.raw().exec_params(std::string(columns) + "WHERE name = $1", std::string(name));
  if (rows.empty()) return std::nullopt;
  return account_of(rows[0]);
}

std::vector<domain::CaAccount> list(Tx& tx) {
  std::vector<domain::CaAccount> accounts;
  for (const auto& row : tx.raw().exec(std::string(columns) + "ORDER BY name"))
    accounts.push_back(account_of(row));
  return accounts;
}

CaAccountId add(Tx& tx, const domain::CaAccount& account) {
  if (account.kind == "digicert" && !gives_key(account)) needs_key(account.name);
  auto api_key = bytea_text(account.api_key);
  return naming(nouns::ca_account, account.name, [&] {
    return id_of<CaAccountId>(tx.raw().exec_params1(
        "INSERT INTO ca_account (name, kind, directory_url, contact, ca_pem, api_url, api_key_sealed)"
        " VALUES ($1, $2, nullif($3, ''), $4, $5, nullif($6, ''), $7::bytea) RETURNING id",
        account.name, account.kind, account.directory_url, or_null(account.contact), or_null(account.ca_pem),
        account.api_url, or_null(api_key))[0]);
  });
}

void update(Tx& tx, const domain::CaAccount& account) {
  tx.raw().exec_params("SELECT 1 FROM ca_account WHERE id = $1 FOR UPDATE", account.id.value());
  auto before = get(tx, account.id);
  if (before.kind != account.kind)
    throw Failure(Fault::usage,
                  Text{"認証局アカウント {} の種別は変更できません", "CA account {}: its kind can't be changed"},
                  before.name);
  if (!gives_key(account)) {
    // Whoever may set the address must not learn the key by it; the database sees to it, too (inventory_rules.sql).
    if (before.api_url != account.api_url && before.api_key_set)
      throw Failure(Fault::usage,
                    Text{"認証局アカウント {}: API URL を変えるには API キーが再度必要です",
                         "CA account {}: another API URL needs its API key again"},
                    before.name);
    bool removes_it = account.api_key.has_value();
    if (account.kind == "digicert" && (removes_it || !before.api_key_set)) needs_key(before.name);
  }
  auto api_key = bytea_text(account.api_key);
  // A key that stays is not named: who changes an account may not read it.
  std::string sql = "UPDATE ca_account SET name = $2, directory_url = nullif($3, ''), contact = $4, ca_pem = $5,"
                    " api_url = nullif($6, '')";
  if (api_key) sql += ", api_key_sealed = $7::bytea";
  sql += " WHERE id = $1";
  naming(nouns::ca_account, account.name, [&] {
    auto run = [&](const auto&... key) {
      tx.raw().exec_params(sql, account.id.value(), account.name, account.directory_url, or_null(account.contact),
                           or_null(account.ca_pem), account.api_url, key...);
    };
    api_key ? run(*api_key) : run();
  });
}

void remove(Tx& tx, CaAccountId id) {
  auto account = get(tx, id);
  require_unused(tx, nouns::ca_account, account.name,
                 "SELECT name FROM service WHERE ca_account_id = $1"
                 " UNION SELECT s.name FROM ca_order o JOIN service s ON s.id = o.service_id"
                 " WHERE o.ca_account_id = $1",
                 id.value());
  naming(nouns::ca_account, account.name,
         [&] { tx.raw().exec_params("DELETE FROM ca_account WHERE id = $1", id.value()); });
}

bool record_account_key(Tx& tx, CaAccountId id, const domain::Sealed& account_key) {
  auto sealed = bytea_text(account_key);
  return tx.raw()
             .exec_params(
                 "UPDATE ca_account SET account_key_sealed = $2::bytea"
                 " WHERE id = $1 AND account_key_sealed IS NULL",
                 id.value(), or_null(sealed))
             .affected_rows() > 0;
}

void record_account_url(Tx& tx, CaAccountId id, std::string_view account_url) {
  require_row(tx.raw().exec_params("UPDATE ca_account SET account_url = $2 WHERE id = $1", id.value(),
                                   std::string(account_url)), nouns::ca_account, id.value());
}

}  // namespace certfleet::store::ca_accounts
