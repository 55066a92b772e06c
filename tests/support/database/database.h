// A throw-away database with the schema, on the server that CERTFLEET_TEST_PG names (a superuser's DSN;
// `scripts/test` starts a private server and sets it).
#pragma once

#include <string>

#include "lib/store/transaction.h"

namespace certfleet::testing {

class TestDatabase {
 public:
  TestDatabase();
  ~TestDatabase();
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  store::DatabaseSettings settings() const;
  // As one of the database's roles: "certfleet_order". The server trusts who comes over its socket.
  store::DatabaseSettings settings_as(const std::string& role) const;

  // As an administrator of this installation who is in every group that is made from now on.
  store::DatabaseSettings settings_as_admin() const;

  // One statement as the superuser, on a connection of its own; the first column of the first row, "" if none.
  std::string sql(const std::string& statement) const;

 private:
  std::string dsn_;   // the server's, without a database
  std::string name_;
};

}  // namespace certfleet::testing
