#include "lib/store/checks.h"

#include <fmt/format.h>

#include <pqxx/pqxx>

#include "lib/base/error.h"
#include "lib/store/sql.h"
#include "lib/store/times.h"

namespace certfleet::store::checks {
namespace {

std::string function_of(std::string_view name) { return fmt::format("doctor_{}", name); }

}  // namespace

std::vector<std::string> names() {
  std::vector<std::string> names;
  for (const auto& file : sql::checks()) names.emplace_back(file.name);
  return names;
}

std::vector<Row> run(Tx& tx, std::string_view name) {
  std::vector<Row> rows;
  for (const auto& row : tx.raw().exec(fmt::format("SELECT subject, found, seconds FROM {}()", function_of(name)))) {
    Row counted{row[0].as<std::string>(""), row[1].as<std::int64_t>(0), std::nullopt};
    if (!row[2].is_null()) counted.seconds = row[2].as<double>();
    rows.push_back(std::move(counted));
  }
  return rows;
}

WallTime clock(Tx& tx) {
  return wall_time(tx.raw().exec1("SELECT extract(epoch FROM clock_timestamp())")[0].as<double>());
}

void install(Tx& tx) {
  for (const auto& file : sql::checks()) {
    auto function = function_of(file.name);
    tx.raw().exec(fmt::format(
        "DROP FUNCTION IF EXISTS {0}();"
        "CREATE FUNCTION {0}() RETURNS TABLE (subject text, found bigint, seconds double precision)"
        " LANGUAGE sql STABLE SECURITY DEFINER SET search_path = certfleet, pg_temp AS $check$\n{1}$check$;"
        "REVOKE ALL ON FUNCTION {0}() FROM PUBLIC;"
        "GRANT EXECUTE ON FUNCTION {0}() TO certfleet_viewer",
        function, file.text));
  }
}

}  // namespace certfleet::store::checks
