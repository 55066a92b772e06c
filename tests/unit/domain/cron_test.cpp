#include "lib/domain/cron.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "lib/base/error.h"

namespace certfleet::domain {
namespace {

using namespace std::chrono;

// "2026-03-08 02:30:00" as seconds without a zone.
LocalSeconds at(const std::string& text) {
  std::tm parts{};
  EXPECT_NE(::strptime(text.c_str(), "%Y-%m-%d %H:%M:%S", &parts), nullptr) << text;
  return LocalSeconds(seconds(::timegm(&parts)));
}
WallTime utc(const std::string& text) { return WallTime(at(text).time_since_epoch()); }
std::string shown(WallTime time) {
  std::time_t seconds = system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> out{};
  std::strftime(out.data(), out.size(), "%Y-%m-%d %H:%M:%S", &parts);
  return out.data();
}

// The next runs after a moment, in UTC.
std::vector<std::string> runs(const std::string& cron, const std::string& zone, const std::string& after, int count) {
  std::vector<std::string> found;
  auto time = utc(after);
  for (int i = 0; i < count; ++i) {
    time = Cron::parse(cron).next(time, TimeZone::get(zone));
    found.push_back(shown(time));
  }
  return found;
}
std::string run(const std::string& cron, const std::string& after) { return runs(cron, "UTC", after, 1).front(); }
using Runs = std::vector<std::string>;

TEST(Cron, runs_at_the_next_fitting_minute_and_never_at_the_moment_it_is_asked_from) {
  EXPECT_EQ(run("0 6 * * *", "2026-11-25 05:59:59"), "2026-11-25 06:00:00");
  EXPECT_EQ(run("0 6 * * *", "2026-11-25 06:00:00"), "2026-11-26 06:00:00");
  EXPECT_EQ(run("* * * * *", "2026-11-25 06:00:01"), "2026-11-25 06:01:00");
  EXPECT_EQ(run("59 23 31 12 *", "2026-12-31 23:59:00"), "2027-12-31 23:59:00");
}

TEST(Cron, lists_ranges_steps_and_names) {
  EXPECT_EQ(runs("0,30 9-10 * * *", "UTC", "2026-11-25 00:00:00", 5),
            (Runs{"2026-11-25 09:00:00", "2026-11-25 09:30:00", "2026-11-25 10:00:00", "2026-11-25 10:30:00",
                  "2026-11-26 09:00:00"}));
  EXPECT_EQ(runs("*/20 3 * * *", "UTC", "2026-11-25 03:00:00", 3),
            (Runs{"2026-11-25 03:20:00", "2026-11-25 03:40:00", "2026-11-26 03:00:00"}));
  EXPECT_EQ(runs("5 0-23/8 * * *", "UTC", "2026-11-25 00:05:00", 2),
            (Runs{"2026-11-25 08:05:00", "2026-11-25 16:05:00"}));
  EXPECT_EQ(run("0 0 1 Feb,apr *", "2026-11-25 00:00:00"), "2027-02-01 00:00:00");
  EXPECT_EQ(run("0 0 * * MON-fri", "2026-11-27 00:00:00"), "2026-11-30 00:00:00");  // a Friday
  EXPECT_EQ(run("0 0 * * 7", "2026-11-25 00:00:00"), "2026-11-29 00:00:00");
  EXPECT_EQ(run("0 0 * * 0", "2026-11-25 00:00:00"), "2026-11-29 00:00:00");
  EXPECT_EQ(Cron::parse("  0  6\t* * MON ").text(), "0 6 * * mon");
}

TEST(Cron, of_two_restricted_days_either_is_enough) {
  EXPECT_EQ(runs("0 0 13 * fri", "UTC", "2026-11-10 00:00:00", 3),
            (Runs{"2026-11-13 00:00:00", "2026-11-20 00:00:00", "2026-11-27 00:00:00"}));
  EXPECT_EQ(run("0 0 13 * */5", "2026-11-14 00:00:00"), "2026-12-13 00:00:00") << "a step of * restricts with the day";
}

TEST(Cron, knows_leap_days_and_short_months) {
  EXPECT_EQ(run("0 0 29 2 *", "2026-01-01 00:00:00"), "2028-02-29 00:00:00");
  EXPECT_EQ(run("0 0 29 2 *", "2096-03-01 00:00:00"), "2104-02-29 00:00:00");
  EXPECT_EQ(run("0 0 29 2 */6", "2026-01-01 00:00:00"), "2032-02-29 00:00:00") << "a Sunday";
  EXPECT_EQ(runs("0 0 31 * *", "UTC", "2026-01-31 00:00:00", 2), (Runs{"2026-03-31 00:00:00", "2026-05-31 00:00:00"}));
}

TEST(Cron, what_it_does_not_know_is_refused_with_the_field) {
  auto refused = [](const std::string& text, const std::string& part) {
    try {
      Cron::parse(text);
      ADD_FAILURE() << text;
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.fault(), Fault::usage);
      EXPECT_NE(std::string(failure.what()).find(part), std::string::npos) << failure.what();
    }
  };
  refused("", "five fields");
  refused("0 6 * *", "not 4");
  refused("0 6 * * * *", "not 6");
  refused("@daily", "five fields");
  refused("60 * * * *", "minute: 0 to 59");
  refused("-1 * * * *", "minute");
  refused("0 24 * * *", "hour: 0 to 23");
  refused("0 0 0 * *", "day of month: 1 to 31");
  refused("0 0 32 * *", "day of month");
  refused("0 0 * 13 *", "month: 1 to 12");
  refused("0 0 * 0 *", "month");
  refused("0 0 * * 8", "day of week: 0 to 7");
  refused("0 0 * * someday", "day of week");
  refused("0 0 * mon *", "month");
  refused("10-5 * * * *", "backwards");
  refused("5/10 * * * *", "a step needs a range");
  refused("*/0 * * * *", "the step");
  refused("*/60 * * * *", "the step");
  refused("*/ * * * *", "the step");
  refused("1,,2 * * * *", "minute");
  refused("1- * * * *", "minute");
  refused("0x1 * * * *", "minute");
  refused("0 0 30 feb *", "never comes");
  refused("0 0 31 4,6,9,11 *", "never comes");
  refused(std::string(257, '*'), "256");
  EXPECT_NO_THROW(Cron::parse("59 23 31 12 7"));
  EXPECT_NO_THROW(Cron::parse("*/59 * * * *"));
  EXPECT_NO_THROW(Cron::parse("0 0 30 feb mon")) << "every Monday of February";
}

TEST(Cron, a_time_that_the_clocks_skip_runs_at_the_change) {
  // New York: 2026-03-08 02:00 EST is 03:00 EDT, 07:00 UTC.
  EXPECT_EQ(runs("30 2 * * *", "America/New_York", "2026-03-07 12:00:00", 2),
            (Runs{"2026-03-08 07:00:00", "2026-03-09 06:30:00"}));
  EXPECT_EQ(runs("*/20 2 * * *", "America/New_York", "2026-03-07 12:00:00", 2),
            (Runs{"2026-03-08 07:00:00", "2026-03-09 06:00:00"}))
      << "three times in the skipped hour are one run";
  EXPECT_EQ(runs("0 2,3 * * *", "America/New_York", "2026-03-07 12:00:00", 2),
            (Runs{"2026-03-08 07:00:00", "2026-03-09 06:00:00"}))
      << "03:00 is that very moment";
}

TEST(Cron, a_time_that_comes_twice_runs_once_at_its_first) {
  // New York: 2026-11-01 02:00 EDT is 01:00 EST, 06:00 UTC.
  EXPECT_EQ(runs("30 1 * * *", "America/New_York", "2026-10-31 12:00:00", 2),
            (Runs{"2026-11-01 05:30:00", "2026-11-02 06:30:00"}));
  EXPECT_EQ(runs("30 1 * * *", "America/New_York", "2026-11-01 06:10:00", 1), (Runs{"2026-11-02 06:30:00"}))
      << "asked from within the repeated hour";
  EXPECT_EQ(runs("0 * * * *", "America/New_York", "2026-11-01 04:00:00", 3),
            (Runs{"2026-11-01 05:00:00", "2026-11-01 07:00:00", "2026-11-01 08:00:00"}));
}

TEST(Cron, zones_without_changes_with_half_hours_and_with_odd_ones) {
  EXPECT_EQ(runs("0 6 * * *", "Asia/Tokyo", "2026-11-25 00:00:00", 2),
            (Runs{"2026-11-25 21:00:00", "2026-11-26 21:00:00"}));
  EXPECT_EQ(runs("0 6 * * *", "Asia/Kolkata", "2026-11-25 00:00:00", 1), (Runs{"2026-11-25 00:30:00"}));
  // Lord Howe changes by half an hour: 2026-10-04 02:00 is 02:30 (15:30 UTC), 2026-04-05 02:00 is 01:30 (15:00 UTC).
  EXPECT_EQ(runs("15 2 * * *", "Australia/Lord_Howe", "2026-10-03 00:00:00", 2),
            (Runs{"2026-10-03 15:30:00", "2026-10-04 15:15:00"}));
  EXPECT_EQ(runs("45 1 * * *", "Australia/Lord_Howe", "2026-04-04 00:00:00", 2),
            (Runs{"2026-04-04 14:45:00", "2026-04-05 15:15:00"}));
  // Samoa had no 30 December 2011: it runs at the change, 10:00 UTC, and not twice on the 31st.
  EXPECT_EQ(runs("0 6 * * *", "Pacific/Apia", "2011-12-29 17:00:00", 2),
            (Runs{"2011-12-30 10:00:00", "2011-12-30 16:00:00"}));
  // Where midnight itself is skipped: Beirut, 2026-03-29 00:00 is 01:00 (2026-03-28 22:00 UTC).
  EXPECT_EQ(runs("0 0 * * *", "Asia/Beirut", "2026-03-27 23:00:00", 2),
            (Runs{"2026-03-28 22:00:00", "2026-03-29 21:00:00"}));
}

// Against the rule written out: every local minute that fits, mapped one by one.
TEST(Cron, over_years_of_real_zones_each_fitting_minute_is_one_run_and_moments_rise) {
  std::mt19937 random(7);
  for (const auto* name : {"America/New_York", "Europe/London", "Asia/Tokyo", "Australia/Lord_Howe",
                           "Africa/Casablanca", "America/Sao_Paulo", "Pacific/Apia", "UTC"}) {
    auto zone = TimeZone::get(name);
    for (int turn = 0; turn < 6; ++turn) {
      unsigned minute = static_cast<unsigned>(random() % 60);
      unsigned hour = static_cast<unsigned>(random() % 4);
      auto cron = Cron::parse(fmt::format("{},{} {} * * *", minute, (minute + 30) % 60, hour));
      std::set<WallTime> expected;
      auto first = std::chrono::floor<days>(zone.local(utc("2011-01-01 12:00:00")));
      for (int day = 0; day < 800; ++day)
        for (auto m : {minute, (minute + 30) % 60})
          expected.insert(zone.moment(LocalSeconds(first + days(day)) + hours(hour) + minutes(m)));
      auto time = *expected.begin() - seconds(1);
      for (auto wanted : expected) {
        time = cron.next(time, zone);
        ASSERT_EQ(shown(time), shown(wanted)) << name << " " << cron.text();
      }
    }
  }
}

TEST(TimeZone, only_zones_of_the_database_are_known) {
  EXPECT_TRUE(TimeZone::find("Asia/Tokyo"));
  EXPECT_TRUE(TimeZone::find("UTC"));
  for (const auto* name : {"", "Asia/Tokio", "asia/tokyo", "../etc/passwd", "Asia", "+09:00"})
    EXPECT_FALSE(TimeZone::find(name)) << name;
  EXPECT_THROW(TimeZone::get("Asia/Tokio"), Failure);
}

}  // namespace
}  // namespace certfleet::domain
