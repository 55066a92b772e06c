// Users: a row in app_user and a PostgreSQL role of the same name, member of certfleet_admin or
// certfleet_viewer (manual 6.4, 6.5; DESIGN section 4).
#pragma once

#include "lib/domain/people.h"
#include "lib/store/transaction.h"

namespace certfleet::store::users {

domain::User get(Tx& tx, UserId id);  // Failure(not_found)
std::optional<domain::User> find(Tx& tx, std::string_view name);
std::vector<domain::User> list(Tx& tx);  // by name

// Makes the row and the role; the connection must be allowed to make roles. A role that is there already is
// taken over. The password leaves this process only as a SCRAM-SHA-256 verifier (RFC 5803), so that it can't
// stand in the server's log.
UserId add(Tx& tx, const domain::User& user, std::string_view password);
void update(Tx& tx, const domain::User& user);  // role membership follows
void remove(Tx& tx, UserId id);                 // the role goes too

// Of a user or of a daemon's role.
void set_password(Tx& tx, std::string_view role, std::string_view password);

}  // namespace certfleet::store::users
