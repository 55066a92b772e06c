#include "lib/store/settings.h"

#include "lib/domain/time_zone.h"
#include "lib/store/rows.h"
#include "lib/store/schedules.h"
#include "lib/store/times.h"

namespace certfleet::store::settings {

domain::Settings get(Tx& tx) {
  auto rows = tx.raw().exec(
      "SELECT proxy, time_zone, language, csr_timer_s, order_timer_s, apply_timer_s, verify_timer_s, mail_timer_s"
      " FROM settings");
  // There always is one; a role of another installation on the same server does not see it.
  if (rows.empty())
    throw Failure(Fault::denied, Text{"許可されていません: この導入のユーザーではありません",
                                      "permission denied: not a user of this installation"});
  auto row = rows[0];
  domain::Settings settings;
  settings.proxy = text_of(row["proxy"]);
  settings.time_zone = row["time_zone"].as<std::string>();
  settings.language = row["language"].as<std::string>();
  for (const auto& bounds : domain::timer_bounds)
    settings.timers.*bounds.field = std::chrono::seconds(row[std::string(bounds.name) + "_timer_s"].as<int>());
  return settings;
}

void update(Tx& tx, const domain::Settings& settings) {
  if (tx.raw().exec_params("SELECT 1 FROM pg_timezone_names WHERE name = $1", settings.time_zone).empty())
    throw Failure(Fault::usage, domain::unknown_zone, settings.time_zone);
  bool moved = settings.time_zone != get(tx).time_zone;
  const auto& timers = settings.timers;
  tx.raw().exec_params(
      "UPDATE settings SET proxy = $1, time_zone = $2, language = $3, csr_timer_s = $4, order_timer_s = $5,"
      " apply_timer_s = $6, verify_timer_s = $7, mail_timer_s = $8",
      or_null(settings.proxy), settings.time_zone, settings.language, timers.csr.count(), timers.order.count(),
      timers.apply.count(), timers.verify.count(), timers.mail.count());
  if (moved) schedules::plan_again(tx);
}

std::string local_time(Tx& tx, WallTime at) {
  return tx.raw()
      .exec_params1("SELECT to_char($1::timestamptz AT TIME ZONE time_zone, 'YYYY/MM/DD HH24:MI:SS') FROM settings",
                    timestamp(at))[0]
      .as<std::string>();
}

}  // namespace certfleet::store::settings
