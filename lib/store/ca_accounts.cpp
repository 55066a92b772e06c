#include "lib/store/ca_accounts.h"

#include "lib/store/rows.h"

namespace certfleet::store::ca_accounts {
namespace {

constexpr const char* columns =
    "SELECT id, name, kind, directory_url, contact, ca_pem, account_url FROM ca_account ";

domain::CaAccount account_of(const pqxx::row& row) {
  domain::CaAccount account;
  account.id = id_of<CaAccountId>(row["id"]);
  account.name = row["name"].as<std::string>();
  account.kind = row["kind"].as<std::string>();
  account.directory_url = row["directory_url"].as<std::string>();
  account.contact = text_of(row["contact"]);
  account.ca_pem = text_of(row["ca_pem"]);
  account.account_url = text_of(row["account_url"]);
  return account;
}

}  // namespace

domain::CaAccount get(Tx& tx, CaAccountId id) {
  auto rows = tx.raw().exec_params(std::string(columns) + "WHERE id = $1", id.value());
  require_row(rows, nouns::ca_account, id.value());
  return account_of(rows[0]);
}

domain::CaAccount get_with_secrets(Tx& tx, CaAccountId id) {
  auto account = get(tx, id);
  account.account_key = bytes_of(
      tx.raw().exec_params1("SELECT account_key_sealed FROM ca_account WHERE id = $1", id.value())[0]);
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
  return naming(nouns::ca_account, account.name, [&] {
    return id_of<CaAccountId>(
        tx.raw().exec_params1("INSERT INTO ca_account (name, kind, directory_url, contact, ca_pem)"
                              " VALUES ($1, $2, $3, $4, $5) RETURNING id",
                              account.name, account.kind, account.directory_url, or_null(account.contact),
                              or_null(account.ca_pem))[0]);
  });
}

void update(Tx& tx, const domain::CaAccount& account) {
  auto before = get(tx, account.id);
  naming(nouns::ca_account, account.name, [&] {
    tx.raw().exec_params(
        "UPDATE ca_account SET name = $2, kind = $3, directory_url = $4, contact = $5, ca_pem = $6 WHERE id "
        "= $1",
        account.id.value(), account.name, account.kind, account.directory_url, or_null(account.contact),
        or_null(account.ca_pem));
  });
  if (before.directory_url != account.directory_url)
    tx.raw().exec_params("UPDATE ca_account SET account_key_sealed = NULL, account_url = NULL WHERE id = $1",
                         account.id.value());
}

void remove(Tx& tx, CaAccountId id) {
  auto account = get(tx, id);
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
