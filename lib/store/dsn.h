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

// `dsn` as keywords, to which others can be added. A list of hosts is turned so that it begins with the one of that
// number, counted round: libpq asks the next host if one can't be reached, but not if one takes the connection and
// closes it (a proxy before a dead server). So whoever tries again begins with another one.
std::string keywords(const std::string& dsn, std::size_t first_host = 0);

// The same with the password in it: for a connection that is made at once, never for a file.
std::string for_login(const std::string& dsn, std::string_view user, std::string_view password);

// The same without a user, who is to log in.
std::string for_anybody(const std::string& dsn);

// As whom it connects, and with which passfile; "" if it does not say.
std::string user_of(const std::string& dsn);
std::string passfile_of(const std::string& dsn);

// "certfleet on db.example.com:5432", for messages; of several hosts "certfleet on a:5432, b:5432".
std::string place(const std::string& dsn);

// A passfile's one line: this user's password, wherever it is asked for by the one connection that uses it.
std::string passfile_line(std::string_view user, std::string_view password);

}  // namespace certfleet::store::dsn
