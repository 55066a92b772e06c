// libpq's connection strings, taken apart and put together.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace certfleet::store::dsn {

// The same server and database as `dsn`, which may be a URI or keywords, for another user whose password is
// in `passfile`. What the environment would add (PGHOST …) is written out: a daemon has another environment.
// Failure(usage) if libpq does not understand `dsn`.
std::string for_user(const std::string& dsn, std::string_view user, const std::filesystem::path& passfile);

// The same with the password in it: for a connection that is made at once, never for a file.
std::string for_login(const std::string& dsn, std::string_view user, std::string_view password);

// The same without a user, who is to log in.
std::string for_anybody(const std::string& dsn);

// As whom it connects, and with which passfile; "" if it does not say.
std::string user_of(const std::string& dsn);
std::string passfile_of(const std::string& dsn);

// "certfleet on db.example.com:5432", for messages.
std::string place(const std::string& dsn);

// A passfile's one line: this user's password, wherever it is asked for by the one connection that uses it.
std::string passfile_line(std::string_view user, std::string_view password);

}  // namespace certfleet::store::dsn
