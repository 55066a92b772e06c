#include "lib/store/settings.h"

#include "lib/store/rows.h"
#include "lib/store/times.h"

namespace certfleet::store::settings {

domain::Settings get(Tx& tx) {
  auto row = tx.raw().exec1("SELECT proxy, time_zone, language FROM settings");
  return {text_of(row["proxy"]), row["time_zone"].as<std::string>(), row["language"].as<std::string>()};
}

void update(Tx& tx, const domain::Settings& settings) {
  if (tx.raw().exec_params("SELECT 1 FROM pg_timezone_names WHERE name = $1", settings.time_zone).empty())
    throw Failure(Fault::usage, Text{"{} というタイムゾーンはありません", "unknown time zone {}"}, settings.time_zone);
  tx.raw().exec_params("UPDATE settings SET proxy = $1, time_zone = $2, language = $3",
                       or_null(settings.proxy), settings.time_zone, settings.language);
}

std::string local_time(Tx& tx, WallTime at) {
  return tx.raw()
      .exec_params1("SELECT to_char($1::timestamptz AT TIME ZONE time_zone, 'YYYY/MM/DD HH24:MI:SS') FROM settings",
                    timestamp(at))[0]
      .as<std::string>();
}

}  // namespace certfleet::store::settings
