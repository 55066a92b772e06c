// Set times of the batch runs: five fields as cron(8) knows them, in the local time of a zone. Pure.
//
//   minute 0-59, hour 0-23, day of month 1-31, month 1-12 or jan-dec, day of week 0-7 or sun-sat (0 and 7: Sunday)
//
// A field is *, or a list of numbers, names and ranges; * and ranges may have a step: "*/15", "9-17/2". As in
// cron, if both days are restricted (begin with no *), either is enough.
//
// A change of the clocks neither skips nor doubles a run: a time that does not exist runs at the moment of the
// change, a time that comes twice runs once, at its first. So several times within the hour that is skipped are
// one run, and none runs in the hour that is repeated.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/domain/time_zone.h"

namespace certfleet::domain {

class Cron {
 public:
  // Failure(usage) that names the field; also for what never comes, such as February 30.
  static Cron parse(std::string_view text);

  const std::string& text() const { return text_; }  // fields parted by one blank, in lower case

  // The first run after `after`.
  WallTime next(WallTime after, const TimeZone& zone) const;

 private:
  Cron() = default;
  bool day_fits(std::chrono::year_month_day day) const;
  LocalSeconds next_local(LocalSeconds from) const;  // the first fitting minute, `from` included

  std::string text_;
  std::uint64_t minutes_ = 0, hours_ = 0, days_ = 0, months_ = 0, weekdays_ = 0;  // bit n: the number n
  bool any_day_ = true, any_weekday_ = true;
};

}  // namespace certfleet::domain
