// Users: a row in app_user and a PostgreSQL role of the same name, member of certfleet_admin or certfleet_viewer
// (manual 6.4, 6.5; docs/security.md). Functions of the database make and change them, which look who asks.
// A password leaves this process only as a SCRAM-SHA-256 verifier (RFC 5803), so that it can't stand in the
// server's log.
#pragma once

#include "lib/domain/people.h"
#include "lib/store/transaction.h"

namespace certfleet::store::users {

domain::User get(Tx& tx, UserId id);  // Failure(not_found)
std::optional<domain::User> find(Tx& tx, std::string_view name);
std::vector<domain::User> list(Tx& tx);  // by name

// With `code_until` the password is a one-time code: with it he can do nothing but set his own, until then.
// Failure(conflict): there is such a user, or the server has a role of his name already that is another's.
UserId add(Tx& tx, const domain::User& user, std::string_view password,
           std::optional<WallTime> code_until = std::nullopt);
// Without a password: he can't log in until reset() or set_password(). Failure(conflict) as above.
UserId add_without_password(Tx& tx, const domain::User& user);
void update(Tx& tx, const domain::User& user);  // role and contact. Failure(conflict): the last administrator
// The role and its sessions go too. Failure(conflict): oneself, or the last administrator.
void remove(Tx& tx, std::string_view name);
// His password and his sessions go; he sets a new password with the code. Failure(conflict) as above.
void reset(Tx& tx, std::string_view name, std::string_view code, WallTime until);
// Another's, whose sessions go (manual 6.5.3). Failure(conflict): oneself.
void set_password(Tx& tx, std::string_view name, std::string_view password);

// Who is connected.
struct Standing {
  std::string name;
  std::string role;
  bool password_set = true;  // no: he can do nothing but set it
  std::optional<WallTime> code_expires_at;
  std::vector<std::string> groups;  // by name
};
std::optional<Standing> who_am_i(Tx& tx);  // none: not a user of this installation
void change_own_password(Tx& tx, std::string_view name, std::string_view password);

void set_daemon_password(Tx& tx, std::string_view role, std::string_view password);  // by the owner

struct FailedLogin {
  WallTime at;
  std::string who, host, message;
};
// The newest first. Failure(conflict) in one line if the server keeps no log that can be read here.
std::vector<FailedLogin> failed_logins(Tx& tx, WallTime since, int rows_max);

}  // namespace certfleet::store::users
