#include "lib/store/mail_settings.h"

#include "lib/store/rows.h"

namespace certfleet::store::mail_settings {
namespace {

domain::MailSettings settings_of(const pqxx::row& row) {
  domain::MailSettings settings;
  settings.from_address = row["from_address"].as<std::string>();
  settings.host = row["host"].as<std::string>();
  settings.port = row["port"].as<int>();
  settings.auth_user = text_of(row["auth_user"]);
  settings.ca_pem = text_of(row["ca_pem"]);
  settings.auth_password_set = settings.auth_user.has_value();   // the database has both or none
  return settings;
}

}  // namespace

std::optional<domain::MailSettings> find(Tx& tx) {
  auto rows = tx.raw().exec("SELECT from_address, host, port, auth_user, ca_pem FROM mail_settings");
  if (rows.empty()) return std::nullopt;
  return settings_of(rows[0]);
}

std::optional<domain::MailSettings> get_with_secrets(Tx& tx) {
  auto rows = tx.raw().exec(
      "SELECT from_address, host, port, auth_user, ca_pem, auth_password_sealed FROM mail_settings");
  if (rows.empty()) return std::nullopt;
  auto settings = settings_of(rows[0]);
  settings.auth_password = bytes_of(rows[0]["auth_password_sealed"]);
  return settings;
}

void set(Tx& tx, const domain::MailSettings& settings) try {
  // No ON CONFLICT: it would read the sealed column, which persons may not.
  std::string sql =
      "UPDATE mail_settings SET from_address = $1, host = $2, port = $3, auth_user = $4, ca_pem = $5";
  auto sealed = bytea_text(settings.auth_password);
  bool write_password = settings.auth_password.has_value() || !settings.auth_user;
  if (write_password) sql += ", auth_password_sealed = $6";
  auto run = [&](const std::string& text, bool with_password) {
    auto& raw = tx.raw();
    return with_password
               ? raw.exec_params(text, settings.from_address, settings.host, settings.port,
                                 or_null(settings.auth_user), or_null(settings.ca_pem), or_null(sealed))
               : raw.exec_params(text, settings.from_address, settings.host, settings.port,
                                 or_null(settings.auth_user), or_null(settings.ca_pem));
  };
  if (run(sql, write_password).affected_rows() > 0) return;
  run("INSERT INTO mail_settings (from_address, host, port, auth_user, ca_pem, auth_password_sealed)"
      " VALUES ($1, $2, $3, $4, $5, $6)",
      true);
} catch (const pqxx::check_violation& error) {
  // Whoever may set the server must not learn the password by it (0020_by_hand.sql).
  if (std::string_view(error.what()).find("needs the SMTP password again") != std::string_view::npos)
    throw Failure(Fault::usage, Text{"SMTPサーバーかそのCA証明書を変えるには、SMTP認証のパスワードが再度必要です",
                                     "another SMTP server or CA certificate needs the SMTP password again"});
  if (std::string_view(error.what()).find("mail_settings_check") == std::string_view::npos) throw;
  throw Failure(Fault::usage, Text{"SMTP認証のユーザーとパスワードは両方が必要です",
                                   "the SMTP user and its password need each other"});
}

void remove(Tx& tx) {
  tx.raw().exec("DELETE FROM mail_settings");
}

}  // namespace certfleet::store::mail_settings
