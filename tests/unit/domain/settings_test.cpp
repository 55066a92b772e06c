#include "lib/domain/settings.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "lib/base/error.h"
#include "lib/domain/job.h"
#include "lib/domain/schedule.h"

namespace certfleet::domain {
namespace {

std::string proxy(const std::string& text) {
  Settings settings;
  settings.proxy = text;
  return *checked(settings).proxy;
}

TEST(Settings, a_proxy_is_a_host_and_a_port) {
  EXPECT_EQ(proxy("Proxy.Example.com:8080"), "proxy.example.com:8080");
  EXPECT_EQ(proxy("192.0.2.1:1"), "192.0.2.1:1");
  EXPECT_EQ(proxy("[2001:DB8::1]:65535"), "[2001:db8::1]:65535");
  for (const auto* text : {"", "proxy", "proxy:", ":8080", "proxy:0", "proxy:65536", "proxy:80x", "http://proxy:8080",
                           "proxy:8080/path", "2001:db8::1:8080", "[proxy]:8080", "[::1]", "a b:80", "[::1]x:80"})
    EXPECT_THROW(proxy(text), Failure) << text;
}

TEST(Settings, each_timer_has_its_bounds) {
  for (const auto& bounds : timer_bounds) {
    auto with = [&](int value) {
      Settings settings;
      settings.timers.*bounds.field = std::chrono::seconds(value);
      return checked(settings);
    };
    EXPECT_NO_THROW(with(bounds.lowest_s)) << bounds.name;
    EXPECT_NO_THROW(with(bounds.highest_s)) << bounds.name;
    EXPECT_THROW(with(bounds.lowest_s - 1), Failure) << bounds.name;
    EXPECT_THROW(with(bounds.highest_s + 1), Failure) << bounds.name;
  }
}

TEST(Settings, the_timers_begin_as_the_kinds_of_jobs_say) {
  for (const auto& [name, timer] : {std::pair("csr.make", Timers().csr), std::pair("order.place", Timers().order),
                                    std::pair("apply.run", Timers().apply), std::pair("verify.node", Timers().verify),
                                    std::pair("mail.send", Timers().mail)}) {
    EXPECT_EQ(job_kind(name).time_limit, timer) << name;
    EXPECT_TRUE(job_kind(name).by_timer) << name;
  }
}

TEST(Settings, other_languages_are_refused) {
  Settings settings;
  settings.language = "de";
  EXPECT_THROW(checked(settings), Failure);
}

TEST(Schedule, its_set_time_zone_and_days_are_checked) {
  Schedule schedule{.task = batch::orders, .cron = "0  1 * * SUN", .time_zone = "Asia/Tokyo", .within_days = 30,
                    .due_at = {}, .ran_at = {}, .ran_due_at = {}};
  EXPECT_EQ(checked(schedule).cron, "0 1 * * sun");
  for (int days : {1, 365}) {
    schedule.within_days = days;
    EXPECT_NO_THROW(checked(schedule));
  }
  for (int days : {0, 366}) {
    schedule.within_days = days;
    EXPECT_THROW(checked(schedule), Failure);
  }
  schedule.within_days.reset();
  EXPECT_THROW(checked(schedule), Failure);
  schedule.task = batch::verify;
  EXPECT_NO_THROW(checked(schedule));
  schedule.time_zone = "Asia/Tokio";
  EXPECT_THROW(checked(schedule), Failure);
  schedule.time_zone.reset();
  schedule.cron = "0 25 * * *";
  EXPECT_THROW(checked(schedule), Failure);
}

TEST(Schedule, it_runs_in_its_own_zone_or_else_the_installations) {
  Schedule schedule{.task = batch::verify, .cron = "0 6 * * *", .time_zone = {}, .within_days = {}, .due_at = {},
                    .ran_at = {}, .ran_due_at = {}};
  auto midnight = std::chrono::system_clock::from_time_t(1'795'564'800);  // 2026-11-25 00:00 UTC
  EXPECT_EQ(next_run(schedule, "UTC", midnight) - midnight, std::chrono::hours(6));
  EXPECT_EQ(next_run(schedule, "Asia/Tokyo", midnight) - midnight, std::chrono::hours(21));
  schedule.time_zone = "Europe/Berlin";
  EXPECT_EQ(next_run(schedule, "Asia/Tokyo", midnight) - midnight, std::chrono::hours(5));
}

}  // namespace
}  // namespace certfleet::domain
