// Settings, schedules, mail settings and notification tables by the real command: every field, at its limits and
// just past them.
#include <gtest/gtest.h>
#include <signal.h>

#include <nlohmann/json.hpp>

#include "tests/integration/cli/house.h"
#include "tests/support/eventually.h"

namespace certfleet::cli {
namespace {

using Json = nlohmann::json;

class SettingsCommands : public House {
 protected:
  static Json json(std::vector<std::string> words, const std::string& input = "") {
    words.emplace_back("--json");
    return Json::parse(good(std::move(words), input));
  }
};

TEST_F(SettingsCommands, settings_keep_every_field) {
  auto changed = json({"settings", "set", "--proxy", "Proxy.example.com:8080", "--time-zone", "America/New_York",
                       "--language", "en", "--csr-timer", "10", "--order-timer", "3600", "--apply-timer", "60",
                       "--verify-timer", "5", "--mail-timer", "600"});
  EXPECT_EQ(changed, json({"settings", "show"}));
  EXPECT_EQ(changed["proxy"], "proxy.example.com:8080");
  EXPECT_EQ(changed["time_zone"], "America/New_York");
  EXPECT_EQ(changed["language"], "en");
  EXPECT_EQ(changed["csr_timer_s"], 10);
  EXPECT_EQ(changed["order_timer_s"], 3600);
  EXPECT_EQ(changed["apply_timer_s"], 60);
  EXPECT_EQ(changed["verify_timer_s"], 5);
  EXPECT_EQ(changed["mail_timer_s"], 600);
  good({"settings", "set", "--no-proxy", "--time-zone", "Asia/Tokyo", "--language", "ja", "--csr-timer", "600",
        "--order-timer", "60", "--apply-timer", "3600", "--verify-timer", "600", "--mail-timer", "10"});
  EXPECT_EQ(json({"settings", "show"})["proxy"], nullptr);
  EXPECT_EQ(json({"settings", "set", "--proxy", "[2001:DB8::1]:3128"})["proxy"], "[2001:db8::1]:3128");
  good({"settings", "set", "--no-proxy", "--csr-timer", "120", "--order-timer", "600", "--apply-timer", "300",
        "--verify-timer", "60", "--mail-timer", "60"});
}

TEST_F(SettingsCommands, settings_past_a_limit_are_refused_with_the_field) {
  bad(2, "--csr-timer", {"settings", "set", "--csr-timer", "9"});
  bad(2, "--csr-timer", {"settings", "set", "--csr-timer", "601"});
  bad(2, "--order-timer", {"settings", "set", "--order-timer", "59"});
  bad(2, "--order-timer", {"settings", "set", "--order-timer", "3601"});
  bad(2, "--apply-timer", {"settings", "set", "--apply-timer", "59"});
  bad(2, "--apply-timer", {"settings", "set", "--apply-timer", "3601"});
  bad(2, "--verify-timer", {"settings", "set", "--verify-timer", "4"});
  bad(2, "--verify-timer", {"settings", "set", "--verify-timer", "601"});
  bad(2, "--mail-timer", {"settings", "set", "--mail-timer", "9"});
  bad(2, "--mail-timer", {"settings", "set", "--mail-timer", "601"});
  bad(2, "--mail-timer", {"settings", "set", "--mail-timer", "1m"});
  bad(2, "proxy", {"settings", "set", "--proxy", "http://proxy.example.com:8080"});
  bad(2, "proxy", {"settings", "set", "--proxy", "proxy.example.com"});
  bad(2, "65536", {"settings", "set", "--proxy", "proxy.example.com:65536"});
  bad(2, "Asia/Tokio", {"settings", "set", "--time-zone", "Asia/Tokio"});
  bad(2, "ja|en", {"settings", "set", "--language", "de"});
}

TEST_F(SettingsCommands, a_completion_timer_is_the_time_limit_of_jobs_that_are_enqueued_from_then_on) {
  good({"notification", "add", "timed", "--to", "ops@example.com"});
  good({"settings", "set", "--mail-timer", "77"});
  // The test mail is not sent: nobody works. It waits a while for an answer, so it is looked at meanwhile.
  testing::Process waiting({CERTFLEET_BIN "/certfleet", "--config", (config() / "certfleet.toml").string(), "mail",
                            "test", "--notification", "timed"});
  EXPECT_TRUE(testing::eventually(std::chrono::seconds(20), [] {
    return sql("installation", "SELECT extract(epoch FROM time_limit)::int FROM certfleet.job") == "77";
  }));
  waiting.signal(SIGKILL);
  good({"settings", "set", "--mail-timer", "60"});
  sql("installation", "DELETE FROM certfleet.job");
  good({"notification", "remove", "timed", "--yes"});
}

TEST_F(SettingsCommands, schedules_are_listed_shown_set_enabled_and_disabled) {
  auto list = json({"schedule", "list"});
  ASSERT_EQ(list.size(), 4U);
  EXPECT_EQ(list[0]["name"], "applies");
  EXPECT_EQ(list[0]["enabled"], false);
  EXPECT_EQ(list[1]["name"], "expiry-scan");
  EXPECT_EQ(list[1]["enabled"], true);
  auto set = json({"schedule", "set", "expiry-scan", "--cron", "30 6  * * MON-fri", "--time-zone", "America/New_York"});
  EXPECT_EQ(set["cron"], "30 6 * * mon-fri");
  EXPECT_EQ(set["time_zone"], "America/New_York");
  auto shown = json({"schedule", "show", "expiry-scan", "--count", "100"});
  EXPECT_EQ(shown["next"], shown["times"][0]["at"]);
  EXPECT_EQ(shown["times"].size(), 100U);
  EXPECT_EQ(json({"schedule", "set", "expiry-scan", "--no-time-zone"})["time_zone"], nullptr);
  EXPECT_EQ(json({"schedule", "disable", "expiry-scan"})["next"], nullptr);
  EXPECT_TRUE(json({"schedule", "show", "expiry-scan"})["times"].empty());
  EXPECT_NE(json({"schedule", "enable", "expiry-scan"})["next"], nullptr);
  EXPECT_EQ(json({"schedule", "set", "orders", "--days", "365"})["days"], 365);
  EXPECT_EQ(json({"schedule", "set", "orders", "--days", "1"})["days"], 1);
}

TEST_F(SettingsCommands, set_times_that_can_not_be_are_refused) {
  bad(3, "did you mean expiry-scan?", {"schedule", "show", "expiry-scam"});
  bad(2, "five fields", {"schedule", "set", "verify", "--cron", "0 6 * *"});
  bad(2, "hour: 0 to 23", {"schedule", "set", "verify", "--cron", "0 24 * * *"});
  bad(2, "never comes", {"schedule", "set", "verify", "--cron", "0 0 31 6 *"});
  bad(2, "Asia/Tokio", {"schedule", "set", "verify", "--time-zone", "Asia/Tokio"});
  bad(2, "1 to 365", {"schedule", "set", "orders", "--days", "0"});
  bad(2, "1 to 365", {"schedule", "set", "orders", "--days", "366"});
  bad(2, "knows no days", {"schedule", "set", "verify", "--days", "30"});
  bad(2, "1 to 100", {"schedule", "show", "verify", "--count", "101"});
  bad(2, "can't be used together", {"schedule", "set", "verify", "--time-zone", "UTC", "--no-time-zone"});
}

TEST_F(SettingsCommands, a_run_that_nobody_made_is_shown_as_missed) {
  sql("installation", "UPDATE certfleet.schedule SET due_at = now() - interval '1 hour' WHERE task = 'verify'");
  EXPECT_NE(good({"schedule", "list"}).find("(missed)"), std::string::npos);
  good({"schedule", "disable", "verify"});
  good({"schedule", "enable", "verify"});
}

TEST_F(SettingsCommands, mail_settings_keep_every_field_and_are_removed) {
  bad(3, "no mail settings", {"mail", "show"});
  bad(3, "no mail settings", {"mail", "remove", "--yes"});
  bad(2, "--from and --host", {"mail", "set", "--from", "a@example.com"});
  bad(2, "no mail address", {"mail", "set", "--from", "example.com", "--host", "smtp.example.com"});
  bad(2, "--port", {"mail", "set", "--from", "a@example.com", "--host", "h", "--port", "65536"});
  bad(2, "--port", {"mail", "set", "--from", "a@example.com", "--host", "h", "--port", "0"});
  good({"mail", "set", "--from", "a@example.com", "--host", "192.0.2.25", "--port", "65535", "--user", "u@example.com",
        "--password-stdin"},
       "secret\n");
  auto shown = json({"mail", "show"});
  EXPECT_EQ(shown["from"], "a@example.com");
  EXPECT_EQ(shown["host"], "192.0.2.25");
  EXPECT_EQ(shown["port"], 65535);
  EXPECT_EQ(shown["user"], "u@example.com");
  EXPECT_EQ(sql("installation", "SELECT octet_length(auth_password_sealed) > 6 FROM certfleet.mail_settings"), "t");
  good({"mail", "set", "--no-auth", "--port", "1"});
  EXPECT_EQ(json({"mail", "show"})["user"], nullptr);
  EXPECT_EQ(sql("installation", "SELECT auth_password_sealed IS NULL FROM certfleet.mail_settings"), "t");
  bad(2, "There is no terminal", {"mail", "remove"});
  good({"mail", "remove", "--yes"});
  bad(3, "no mail settings", {"mail", "show"});
}

TEST_F(SettingsCommands, a_notification_table_keeps_every_field) {
  std::vector<std::string> words = {"notification", "add", "standard", "--title", std::string(512, 't'), "--text",
                                    std::string(64 * 1024, 'b'), "--interval", "1440", "--event", "expiry-30"};
  for (int i = 1; i <= 5; ++i)
    for (const auto* field : {"--to", "--cc"}) {
      words.emplace_back(field);
      words.push_back("a" + std::to_string(i) + "@example.com");
    }
  good(words);
  auto shown = json({"notification", "show", "standard"});
  EXPECT_EQ(shown["to"].size(), 5U);
  EXPECT_EQ(shown["cc"].size(), 5U);
  EXPECT_EQ(shown["order_interval_min"], 1440);
  EXPECT_EQ(shown["expiry_30"], true);
  EXPECT_EQ(shown["expiry_90"], false);
  EXPECT_EQ(shown["apply_ended"], false);
  good({"notification", "set", "standard", "--no-cc", "--interval", "1", "--event", "all", "--rename", "other"});
  shown = json({"notification", "show", "other"});
  EXPECT_TRUE(shown["cc"].empty());
  EXPECT_EQ(shown["order_interval_min"], 1);
  EXPECT_EQ(shown["expiry_90"], true);
  EXPECT_EQ(shown["apply_ended"], true);
  good({"notification", "set", "other", "--no-interval"});
  EXPECT_EQ(json({"notification", "show", "other"})["order_interval_min"], nullptr);
  good({"group", "set", "web", "--notification", "other"});
  good({"notification", "remove", "other", "--yes"});
  EXPECT_EQ(json({"group", "list"})[0]["notification"], nullptr);
}

TEST_F(SettingsCommands, a_notification_table_past_a_limit_is_refused) {
  std::vector<std::string> six = {"notification", "add", "x"};
  for (int i = 1; i <= 6; ++i) {
    six.emplace_back("--to");
    six.push_back("a" + std::to_string(i) + "@example.com");
  }
  bad(2, "5 are allowed", six);
  for (std::size_t i = 3; i < six.size(); i += 2) six[i] = "--cc";
  six.insert(six.end(), {"--to", "a@example.com"});
  bad(2, "5 are allowed", six);
  bad(2, "--to is needed", {"notification", "add", "x"});
  bad(2, "512", {"notification", "add", "x", "--to", "a@example.com", "--title", std::string(513, 't')});
  bad(2, "control", {"notification", "add", "x", "--to", "a@example.com", "--title", "a\nb"});
  bad(2, "65536", {"notification", "add", "x", "--to", "a@example.com", "--text", std::string(64 * 1024 + 1, 'b')});
  bad(2, "1 to 1440", {"notification", "add", "x", "--to", "a@example.com", "--interval", "0"});
  bad(2, "1 to 1440", {"notification", "add", "x", "--to", "a@example.com", "--interval", "1441"});
  bad(2, "128", {"notification", "add", std::string(129, 'x'), "--to", "a@example.com"});
  bad(3, "did you mean expiry-90", {"notification", "add", "x", "--to", "a@example.com", "--event", "expiry-91"});
}

}  // namespace
}  // namespace certfleet::cli
