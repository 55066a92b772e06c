#include "lib/store/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <pqxx/pqxx>

#include "lib/base/error.h"
#include "lib/pki/text.h"
#include "lib/store/checks.h"
#include "lib/store/sql.h"

namespace certfleet::store {
namespace {

constexpr std::int64_t migration_lock = 0x63657274;  // "cert": one migration at a time

// Each of its statements may take as long as one may.
void script(Tx& tx, std::string_view text) {
  auto statements = 1 + std::count(text.begin(), text.end(), ';');
  tx.raw(static_cast<int>(statements)).exec(std::string(text));
}

}  // namespace

int schema_version() { return static_cast<int>(sql::migrations().size()); }

const std::string& schema_code() {
  static const std::string digest = [] {
    std::string all;
    for (const auto* files : {&sql::functions(), &sql::roles(), &sql::checks()})
      for (const auto& file : *files) all.append(file.name).append(1, '\0').append(file.text).append(1, '\0');
    return pki::sha256_hex(all);
  }();
  return digest;
}

FoundSchema found_schema(Tx& tx) {
  if (tx.raw().exec1("SELECT to_regclass('certfleet.schema_version')")[0].is_null()) return {};
  // By way of JSON, because early versions have no such column.
  auto rows = tx.raw().exec(
      "SELECT number, to_jsonb(v) ->> 'code' FROM certfleet.schema_version v ORDER BY number DESC LIMIT 1");
  if (rows.empty()) return {};
  return {rows[0][0].as<int>(), rows[0][1].as<std::string>("")};
}

Versions versions(Database& database) {
  return database.reading([](Tx& tx) {
    int found = found_schema(tx).version;
    return Versions{found, "PostgreSQL " + tx.raw().exec1("SHOW server_version")[0].as<std::string>()};
  });
}

int migrate(Database& database) {
  return database.writing([](Tx& tx) {
    tx.raw().exec_params("SELECT pg_advisory_xact_lock($1)", migration_lock);
    int found = found_schema(tx).version;
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
    tx.raw().exec_params("UPDATE schema_version SET code = $1 WHERE number = $2", schema_code(), schema_version());
    return found;
  });
}

void require_schema(Database& database) {
  auto [found, code] = database.reading([](Tx& tx) { return found_schema(tx); });
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
  if (code != schema_code())
    throw Failure(Fault::conflict,
                  Text{"データベースの関数と権限は、このプログラムのものではありません (スキーマ版 {})。certfleet migrate"
                       " を実行するか、このプログラムを更新してください",
                       "the database's functions and rights are not those of this program (schema version {}): run"
                       " certfleet migrate, or update this program"},
                  found);
}

}  // namespace certfleet::store
