#include "tests/support/database/database.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <pqxx/pqxx>
#include <stdexcept>

#include "lib/store/schema.h"

namespace certfleet::testing {
namespace {

const std::string& server() {
  static const std::string dsn = [] {
    const char* set = std::getenv("CERTFLEET_TEST_PG");
    if (set == nullptr) throw std::runtime_error("CERTFLEET_TEST_PG is not set: run the tests by scripts/test");
    return std::string(set);
  }();
  return dsn;
}

std::string template_name() {
  return fmt::format("certfleet_template_{}_{}", store::schema_version(), store::schema_code().substr(0, 8));
}

// The migrated template is made once for all test programs of a run.
void ensure_template() {
  pqxx::connection connection(server() + " dbname=postgres");
  pqxx::nontransaction tx(connection);
  tx.exec("SELECT pg_advisory_lock(4711)");
  bool made =
      !tx.exec_params("SELECT 1 FROM pg_database WHERE datname = $1 AND datistemplate", template_name())
           .empty();
  if (!made) {
    tx.exec(fmt::format("DROP DATABASE IF EXISTS {}", template_name()));
    tx.exec(fmt::format("CREATE DATABASE {}", template_name()));
    {
      store::Database database({server() + " dbname=" + template_name(), "test template"});
      store::migrate(database);
    }
    tx.exec(fmt::format("ALTER DATABASE {} IS_TEMPLATE true", template_name()));
  }
  tx.exec("SELECT pg_advisory_unlock(4711)");
}

}  // namespace

TestDatabase::TestDatabase() : dsn_(server()) {
  static std::atomic<int> count{0};
  static const bool made = (ensure_template(), true);
  name_ = fmt::format("test_{}_{}_{}", ::getpid(), count++, made ? 1 : 0);
  pqxx::connection connection(dsn_ + " dbname=postgres");
  pqxx::nontransaction tx(connection);
  tx.exec(fmt::format("CREATE DATABASE {} TEMPLATE {}", name_, template_name()));
}

TestDatabase::~TestDatabase() {
  try {
    pqxx::connection connection(dsn_ + " dbname=postgres");
    pqxx::nontransaction(connection).exec(fmt::format("DROP DATABASE IF EXISTS {} WITH (FORCE)", name_));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "dropping %s: %s\n", name_.c_str(), error.what());
  }
}

store::DatabaseSettings TestDatabase::settings() const { return {dsn_ + " dbname=" + name_, "test"}; }

store::DatabaseSettings TestDatabase::settings_as(const std::string& role) const {
  return {dsn_ + " dbname=" + name_ + " user=" + role, "test"};
}

store::DatabaseSettings TestDatabase::settings_as_admin() const {
  // The role is the server's, which many tests use at the same time: it is made once and stays.
  sql("DO $$ BEGIN CREATE ROLE \"tester@example.com\" LOGIN IN ROLE certfleet_admin;"
      " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$");
  sql("INSERT INTO app_user (name, role, password_set_at) VALUES ('tester@example.com', 'admin', now())"
      " ON CONFLICT DO NOTHING");
  sql("INSERT INTO group_member SELECT g.id, u.id FROM user_group g, app_user u ON CONFLICT DO NOTHING");
  sql("CREATE OR REPLACE FUNCTION join_group() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER"
      " SET search_path = certfleet, pg_temp AS $$ BEGIN"
      " INSERT INTO group_member SELECT NEW.id, id FROM app_user WHERE name = 'tester@example.com';"
      " RETURN NULL; END $$");
  sql("CREATE OR REPLACE TRIGGER joined AFTER INSERT ON user_group FOR EACH ROW EXECUTE FUNCTION join_group()");
  return settings_as("'tester@example.com'");
}

std::string TestDatabase::sql(const std::string& statement) const {
  pqxx::connection connection(dsn_ + " dbname=" + name_);
  pqxx::nontransaction tx(connection);
  tx.exec("SET search_path TO certfleet, pg_temp");
  auto rows = tx.exec(statement);
  return rows.empty() || rows[0].empty() ? "" : rows[0][0].as<std::string>("");
}

}  // namespace certfleet::testing
