#include "lib/store/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <pqxx/pqxx>

#include "lib/base/error.h"
#include "lib/store/checks.h"
#include "lib/store/sql.h"

namespace certfleet::store {
namespace {

constexpr std::int64_t migration_lock = 0x63657274;  // "cert": one migration at a time

int version_of(Tx& tx) {
  if (tx.raw().exec1("SELECT to_regclass('certfleet.schema_version')")[0].is_null()) return 0;
  return tx.raw().exec1("SELECT coalesce(max(number), 0) FROM certfleet.schema_version")[0].as<int>();
}

// Each of its statements may take as long as one may.
void script(Tx& tx, std::string_view text) {
  auto statements = 1 + std::count(text.begin(), text.end(), ';');
  tx.raw(static_cast<int>(statements)).exec(std::string(text));
}

}  // namespace

int found_schema_version(Tx& tx) { return version_of(tx); }

int schema_version() { return static_cast<int>(sql::migrations().size()); }

Versions versions(Database& database) {
  return database.reading([](Tx& tx) {
    return Versions{version_of(tx), "PostgreSQL " + tx.raw().exec1("SHOW server_version")[0].as<std::string>()};
  });
}

int migrate(Database& database) {
  return database.writing([](Tx& tx) {
    tx.raw().exec_params("SELECT pg_advisory_xact_lock($1)", migration_lock);
    int found = version_of(tx);
    if (found > schema_version())
      throw Failure(Fault::conflict,
                    Text{"データベースのスキーマ版は {} です。このプログラムが知るのは {} までです",
                         "the database has schema version {}, this program knows only {}"},
                    found, schema_version());
    if (found == 0)
      tx.raw().exec(
          "CREATE SCHEMA IF NOT EXISTS certfleet;"
          "CREATE TABLE certfleet.schema_version (number integer PRIMARY KEY, name text NOT NULL,"
          " applied_at timestamptz NOT NULL DEFAULT now())");
    tx.raw().exec("SET LOCAL search_path TO certfleet, pg_temp");
    // Functions name each other, and what later statements make.
    tx.raw().exec("SET LOCAL check_function_bodies TO off");
    int number = 0;
    for (const auto& file : sql::migrations()) {
      if (++number <= found) continue;
      script(tx, file.text);
      tx.raw().exec_params("INSERT INTO schema_version (number, name) VALUES ($1, $2)", number, std::string(file.name));
    }
    // After the tables, so that what changes is written once, as it is now.
    for (const auto& file : sql::functions()) script(tx, file.text);
    script(tx, sql::roles().front().text);
    checks::install(tx);
    return found;
  });
}

void require_schema(Database& database) {
  int found = database.reading([](Tx& tx) { return version_of(tx); });
  if (found == 0)
    throw Failure(Fault::not_found,
                  Text{"データベースに certfleet のスキーマがありません。certfleet init を実行してください",
                       "the database has no certfleet schema: run certfleet init"});
  if (found != schema_version())
    throw Failure(Fault::conflict,
                  Text{"データベースのスキーマ版は {} です。このプログラムには {} が必要です: {}",
                       "the database has schema version {}, this program needs {}: {}"},
                  found, schema_version(),
                  found < schema_version() ? Text{"certfleet migrate を実行してください", "run certfleet migrate"}
                                           : Text{"このプログラムを更新してください", "update this program"});
}

}  // namespace certfleet::store
