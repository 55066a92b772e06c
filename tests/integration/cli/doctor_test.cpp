// certfleet doctor against a house that runs, and against ones where something is down.
#include <gtest/gtest.h>
#include <signal.h>

#include <nlohmann/json.hpp>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/bus/curve.h"
#include "tests/faults/wrong_clock.h"
#include "tests/integration/cli/house.h"
#include "tests/support/eventually.h"
#include "tests/support/free_port.h"

namespace certfleet::cli {
namespace {

using namespace std::chrono_literals;
using certfleet::testing::eventually;
using certfleet::testing::Process;
using Json = nlohmann::json;

class Doctor : public House {
 protected:
  static Json examined(int exit_code, const std::vector<std::string>& more = {},
                       std::map<std::string, std::string> env = {}) {
    std::vector<std::string> words = {"doctor", "--json"};
    words.insert(words.end(), more.begin(), more.end());
    auto ran = certfleet(words, "", "C.UTF-8", std::move(env));
    EXPECT_EQ(ran.exit_code, exit_code) << ran.out << ran.err;
    return Json::parse(ran.out);
  }
  static bool has_begin(const Json& report, const std::string& check, const std::string& subject) {
    return std::any_of(report["findings"].begin(), report["findings"].end(), [&](const auto& finding) {
      return finding["check"] == check && finding["subject"].template get<std::string>().starts_with(subject);
    });
  }
  // The severities of what a check found, such as "error"; "" if it found nothing.
  static std::string of(const Json& report, const std::string& check, const std::string& subject = "") {
    for (const auto& finding : report["findings"])
      if (finding["check"] == check && (subject.empty() || finding["subject"] == subject))
        return finding["severity"];
    return "";
  }
  static std::string state_of(const Json& report, const std::string& check) {
    for (const auto& one : report["checks"])
      if (one["name"] == check) return one["state"];
    return "";
  }
};

// The installation's daemons run, on free ports.
class DoctorOfARunningHouse : public Doctor {
 protected:
  void SetUp() override {
    for (const std::string name : {"certfleet", "broker", "scheduler", "worker-csr", "worker-order",
                                   "worker-apply", "worker-verify", "worker-mail"}) {
      auto file = config() / (name + ".toml");
      auto text = read_file(file);
      replace(text, "127.0.0.1:9020", "127.0.0.1:" + port_);
      replace(text, "0.0.0.0:80", "127.0.0.1:" + std::to_string(certfleet::testing::free_port()));
      write_file(file, text, 0600);
      if (name != "certfleet") start(name);
    }
  }
  void start(const std::string& name) {
    daemons_[name] = std::make_unique<Process>(std::vector<std::string>{
        CERTFLEET_BIN "/certfleet-" + name, "--config", (config() / (name + ".toml")).string()});
  }
  static void replace(std::string& text, const std::string& what, const std::string& by) {
    if (auto place = text.find(what); place != std::string::npos) text.replace(place, what.size(), by);
  }

  std::string port_ = std::to_string(certfleet::testing::free_port());
  std::map<std::string, std::unique_ptr<Process>> daemons_;
};

TEST_F(DoctorOfARunningHouse, it_is_well_until_a_part_stops_and_then_says_which) {
  ASSERT_TRUE(eventually(60s, [&] { return certfleet({"doctor"}).exit_code == 0; }))
      << certfleet({"doctor"}).out << daemons_["broker"]->err();
  auto report = examined(0);
  EXPECT_EQ(report["healthy"], true);
  EXPECT_EQ(report["errors"], 0) << report;
  for (const auto& check : report["checks"]) EXPECT_EQ(check["state"], "answered") << check;
  EXPECT_EQ(state_of(report, "broker"), "answered");
  EXPECT_NE(certfleet({"doctor"}).out.find("checks"), std::string::npos);

  // Where another broker is expected; where two should be; with a clock that is wrong.
  auto mine = read_file(config() / "certfleet.toml");
  auto key = mine.substr(mine.find("brokers"), mine.find("[database]") - mine.find("brokers"));
  key = key.substr(key.find(' ', key.find("tcp://")) + 1, 40);
  auto other = mine;
  replace(other, key, bus::KeyPair::generate().public_key.text());
  write_file(*home_ / "other.toml", other, 0600);
  report = examined(1, {"--config", (*home_ / "other.toml").string()});
  EXPECT_EQ(of(report, "broker", "tcp://127.0.0.1:" + port_), "error");
  EXPECT_NE(certfleet({"doctor", "--config", (*home_ / "other.toml").string()}).out.find("with the configured key"),
            std::string::npos);
  sql("installation",
      "INSERT INTO certfleet.peer (name, role, public_key) VALUES ('second', 'broker', repeat('a', 40))");
  EXPECT_EQ(of(examined(0), "brokers", "some"), "warning");
  sql("installation", "DELETE FROM certfleet.peer WHERE name = 'second'");
  EXPECT_EQ(of(report, "clock"), "") << "this host's clock is right";
  EXPECT_EQ(of(examined(1, {}, faults::wrong_clock("+1h")), "clock", "ahead"), "error");
  EXPECT_EQ(of(examined(0, {}, faults::wrong_clock("-20s")), "clock", "behind"), "warning");

  daemons_["broker"]->signal(SIGSTOP);
  report = examined(1);
  EXPECT_EQ(of(report, "broker", "tcp://127.0.0.1:" + port_), "error");
  EXPECT_NE(certfleet({"doctor"}).out.find("does not answer"), std::string::npos);
  daemons_["broker"]->signal(SIGCONT);
  daemons_["broker"]->stop();
  EXPECT_TRUE(eventually(20s, [&] { return of(examined(1), "brokers", "none") == "error"; }));
  EXPECT_NE(certfleet({"doctor"}).out.find("can't be reached"), std::string::npos);

  daemons_["scheduler"]->stop();
  daemons_["worker-mail"]->stop();
  EXPECT_TRUE(eventually(20s, [&] { return of(examined(1), "scheduler", "none") == "error"; }));
  EXPECT_EQ(of(examined(1), "workers", "mail"), "warning") << "nothing waits there";
  sql("installation",
      "INSERT INTO certfleet.job (queue, admitted, priority, attempts_max, kind, time_limit)"
      " VALUES ('mail', true, 4, 1, 'mail.newer', '1 minute')");
  EXPECT_EQ(of(examined(1), "workers", "mail"), "error");
  sql("installation", "UPDATE certfleet.session SET sealing_keys = '{}' WHERE queue = 'apply'");
  EXPECT_EQ(of(examined(1), "sealing_keys"), "error");

  // The database is away, the broker is asked all the same.
  start("broker");
  ASSERT_TRUE(daemons_["broker"]->wait_for_line("listening on", 20s)) << daemons_["broker"]->err();
  auto text = read_file(config() / "certfleet.toml");
  auto brokers = text.substr(text.find("brokers"), text.find("[database]") - text.find("brokers"));
  write_file(*home_ / "away.toml", brokers + "[database]\ndsn = \"host=127.0.0.1 port=1 dbname=x user=y\"\n",
             0600);
  report = examined(1, {"--config", (*home_ / "away.toml").string()});
  EXPECT_EQ(of(report, "database"), "error");
  EXPECT_EQ(of(report, "broker"), "") << "it lives";
  EXPECT_EQ(state_of(report, "broker"), "answered");
  EXPECT_EQ(state_of(report, "i1_every_job_ends"), "skipped");
  EXPECT_EQ(report["findings"].size(), 1U) << "one finding, not one for each check";
}

TEST_F(Doctor, a_broken_invariant_is_an_error_in_both_languages_and_a_viewer_sees_it_too) {
  sql("installation",
      "SET search_path TO certfleet; DROP INDEX job_key_holder;"
      "INSERT INTO job (queue, admitted, priority, attempts_max, kind, time_limit, concurrency_key)"
      " SELECT 'mail', true, 4, 1, 'mail.send', '1 minute', 'access:1' FROM generate_series(1, 2)");
  good({"user", "add", "doctor@example.com", "--password-stdin"}, "viewer-secret\n");
  EXPECT_EQ(of(examined(1), "i3_one_job_a_key", "key"), "error");
  EXPECT_NE(certfleet({"doctor"}).out.find("I3: concurrency keys held by several jobs at once: 1"),
            std::string::npos);
  EXPECT_NE(certfleet({"doctor", "--lang", "ja"}).out.find("I3: 同時に二つ以上のジョブが持つ排他キー: 1"),
            std::string::npos);
  EXPECT_NE(certfleet({"doctor"}).err.find("errors found: "), std::string::npos);
  write_file(*home_ / "doctor.pgpass", "*:*:*:doctor@example.com:viewer-secret\n", 0600);
  write_file(*home_ / "doctor.toml",
             "[database]\ndsn = \"host=127.0.0.1 port=" + postgres_->env("PG_PORT") +
                 " dbname=installation user=doctor@example.com passfile=" +
                 (*home_ / "doctor.pgpass").string() + "\"\n",
             0600);
  auto report = examined(1, {"--config", (*home_ / "doctor.toml").string()});
  EXPECT_EQ(of(report, "i3_one_job_a_key", "key"), "error");
  for (const auto& check : report["checks"]) EXPECT_EQ(check["state"], "answered") << check;
  sql("installation",
      "SET search_path TO certfleet; DELETE FROM job;"
      "CREATE UNIQUE INDEX job_key_holder ON job (concurrency_key)"
      " WHERE concurrency_key IS NOT NULL AND admitted");
  EXPECT_EQ(of(examined(1), "i3_one_job_a_key"), "");
}

TEST_F(Doctor, a_check_that_hangs_is_given_up_and_the_others_answer) {
  // Whoever asks for the table of mails waits for this lock.
  Process holder({postgres_->env("PG_BIN") + "/psql", "-XAtq", "-d",
                  postgres_->env("PG_DSN") + " dbname=installation", "-c",
                  "BEGIN; LOCK TABLE certfleet.mail; SELECT 'locked'; SELECT pg_sleep(60)"});
  ASSERT_TRUE(eventually(20s, [&] {
    return sql("installation",
               "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted"
               " AND relation = 'certfleet.mail'::regclass") == "1";
  }));
  auto report = examined(1);
  EXPECT_EQ(state_of(report, "i6_mail_sent"), "unanswered");
  EXPECT_EQ(of(report, "i6_mail_sent"), "warning");
  EXPECT_EQ(state_of(report, "workers"), "answered");
  holder.signal(SIGKILL);
}

TEST_F(Doctor, a_schema_that_does_not_fit_stops_the_questions_to_the_database) {
  new_database("bare");
  write_file(*home_ / "bare.toml", "[database]\ndsn = \"" + postgres_->env("PG_TCP_DSN") + " dbname=bare\"\n",
             0600);
  auto report = examined(1, {"--config", (*home_ / "bare.toml").string()});
  EXPECT_EQ(of(report, "schema", "none"), "error");
  EXPECT_EQ(state_of(report, "workers"), "skipped");
  EXPECT_EQ(state_of(report, "broker"), "") << "none is configured";

  sql("installation", "INSERT INTO certfleet.schema_version (number, name) VALUES (9999, 'from the future')");
  EXPECT_EQ(of(examined(1), "schema", "newer"), "error");
  sql("installation",
      "DELETE FROM certfleet.schema_version WHERE number = 9999;"
      "UPDATE certfleet.schema_version SET number = 0"
      " WHERE number = (SELECT max(number) FROM certfleet.schema_version)");
  EXPECT_EQ(of(examined(1), "schema", "older"), "error");
  sql("installation",
      "UPDATE certfleet.schema_version SET number = (SELECT max(number) + 1 FROM certfleet.schema_version)"
      " WHERE number = 0");
  EXPECT_EQ(of(examined(1), "schema"), "");

  sql("installation", "UPDATE certfleet.schema_version SET code = reverse(code)");
  EXPECT_EQ(of(examined(1), "schema", "code"), "error");
  sql("installation", "UPDATE certfleet.schema_version SET code = reverse(code)");
  EXPECT_EQ(of(examined(1), "schema"), "");
}

// The server is this suite's own: nobody else holds anything back here.
TEST_F(Doctor, a_transaction_that_is_open_for_more_than_a_minute_is_seen_and_one_that_holds_nothing_back_is_not) {
  auto psql = [&](const std::string& name, const std::string& statements) {
    certfleet::testing::ProcessOptions options;
    options.env["PGAPPNAME"] = name;
    return std::make_unique<Process>(
        std::vector<std::string>{postgres_->env("PG_BIN") + "/psql", "-XAtq", "-d",
                                 postgres_->env("PG_DSN") + " dbname=installation", "-c", "BEGIN", "-c", statements,
                                 "-c", "\\! sleep infinity"},
        options);
  };
  // One has written, one looks at how things were, one only stands open; one is prepared and left.
  auto writer = psql("writer", "CREATE TABLE of_the_writer (i int)");
  auto reader = psql("reader", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT 1 FROM certfleet.service");
  auto idle = psql("idle", "SELECT 1");
  sql("installation", "BEGIN; CREATE TABLE of_the_prepared (i int); PREPARE TRANSACTION 'left'");
  auto open = [&](const std::string& since) {
    return sql("installation", "SELECT count(*) FROM pg_stat_activity WHERE application_name IN"
                               " ('writer', 'reader', 'idle') AND state = 'idle in transaction'" + since);
  };
  ASSERT_TRUE(eventually(20s, [&] { return open("") == "3"; }));
  auto report = examined(1);
  EXPECT_EQ(state_of(report, "transactions"), "answered");
  EXPECT_EQ(of(report, "transactions"), "") << "they are young";
  ASSERT_TRUE(eventually(80s, [&] { return open(" AND xact_start < now() - interval '61 s'") == "3"; }));
  report = examined(1);
  EXPECT_TRUE(has_begin(report, "transactions", "writer (")) << report;
  EXPECT_TRUE(has_begin(report, "transactions", "reader (")) << report;
  EXPECT_TRUE(has_begin(report, "transactions", "prepared left")) << report;
  EXPECT_FALSE(has_begin(report, "transactions", "idle (")) << report;
  EXPECT_EQ(of(report, "transactions"), "warning");
  sql("installation", "ROLLBACK PREPARED 'left'");
  for (auto* one : {&writer, &reader, &idle}) one->reset();
  EXPECT_TRUE(eventually(20s, [&] { return of(examined(1), "transactions").empty(); }));
}

}  // namespace
}  // namespace certfleet::cli
