#include "lib/domain/schedule.h"

#include "lib/domain/check_text.h"
#include "lib/domain/cron.h"

namespace certfleet::domain {
namespace {

constexpr int within_days_max = 365;  // no certificate of a public CA lives longer than 398 days

}  // namespace

Schedule checked(Schedule schedule) {
  schedule.cron = Cron::parse(schedule.cron).text();
  if (schedule.time_zone) TimeZone::get(*schedule.time_zone);
  bool of_orders = schedule.task == batch::orders;
  if (schedule.within_days && !of_orders)
    throw Failure(Fault::usage, Text{"定期処理 {} に期限前の日数は指定できません", "the run {} knows no days before the end"},
                  schedule.task);
  if (of_orders && (!schedule.within_days || *schedule.within_days < 1 || *schedule.within_days > within_days_max))
    refuse({"期限前の日数", "days before the end"}, {"1 から {} まで指定できます", "1 to {} are allowed"}, within_days_max);
  return schedule;
}

WallTime next_run(const Schedule& schedule, const std::string& installation_zone, WallTime after) {
  return Cron::parse(schedule.cron).next(after, TimeZone::get(schedule.time_zone.value_or(installation_zone)));
}

}  // namespace certfleet::domain
