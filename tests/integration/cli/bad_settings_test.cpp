// Each daemon with a setting that can't be: refused at the start, before anything is opened, in one line that
// names file and field, with exit code 2.
#include <gtest/gtest.h>

#include <ostream>

#include "lib/base/file.h"
#include "lib/bus/curve.h"
#include "lib/pki/sealed_box.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace certfleet::cli {
namespace {

const std::string key = bus::KeyPair::generate().public_key.text();

struct Bad {
  std::string daemon;
  std::string settings;  // after the good ones; a line "-KEY" takes the good one away
  std::string message;
};

void PrintTo(const Bad& bad, std::ostream* out) {
  *out << bad.daemon << ": " << bad.message;
}

class BadSettings : public ::testing::TestWithParam<Bad> {};

// What the daemon would start with, had it a database.
std::map<std::string, std::string> good(const std::string& daemon) {
  std::map<std::string, std::string> settings = {{"database.dsn", "\"host=127.0.0.1 port=1 dbname=x\""},
                                                 {"health.listen", "\"\""},
                                                 {"curve.secret_key_file", "\"daemon.curve\""}};
  if (daemon == "broker")
    settings["listen"] = "\"tcp://127.0.0.1:*\"";
  else
    settings["brokers"] = "[\"tcp://127.0.0.1:1 " + key + "\"]";
  if (daemon == "worker-order") settings["http01.listen"] = "\"\"";
  if (daemon == "worker-order" || daemon == "worker-apply" || daemon == "worker-mail")
    settings["sealing.key_files"] = "[\"sealing.key\"]";
  return settings;
}

testing::Finished start(const testing::TempDir& folder, const std::string& daemon,
                        const std::map<std::string, std::string>& settings) {
  std::string text;
  for (const auto& [name, value] : settings) text += name + " = " + value + "\n";
  write_file(folder / "daemon.toml", text, 0600);
  bus::KeyPair::generate().save(folder / "daemon.curve");
  write_file(folder / "sealing.key", pki::SealingKey::generate().to_file_text().view(), 0600);
  return testing::run({CERTFLEET_BIN "/certfleet-" + daemon, "--config", (folder / "daemon.toml").string()});
}

TEST_P(BadSettings, are_refused_at_the_start_with_the_name_of_the_field) {
  testing::TempDir folder("bad-settings");
  const auto& bad = GetParam();
  auto settings = good(bad.daemon);
  auto equals = bad.settings.find(" = ");
  if (equals == std::string::npos)
    settings.erase(bad.settings);
  else
    settings[bad.settings.substr(0, equals)] = bad.settings.substr(equals + 3);
  auto ran = start(folder, bad.daemon, settings);
  EXPECT_EQ(ran.exit_code, 2) << ran.err;
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err,
            "certfleet-" + bad.daemon + ": " + (folder / "daemon.toml").string() + ": " + bad.message + "\n");
}

std::vector<Bad> table() {
  std::vector<Bad> rows = {
      {"scheduler", "brokers = []", "brokers: name at least one"},
      {"worker-verify", "worker.slots = 0", "worker.slots: must be between 1 and 256"},
      {"worker-verify", "worker.session_life_s = 9",
       "worker.session_life_s: must be at least two heartbeats, 10"},
      {"worker-verify", "worker.queue = \"nonsense\"", "worker.queue: is not a known setting"},
  };
  for (std::string daemon : {"broker", "scheduler", "worker-csr", "worker-order", "worker-apply",
                             "worker-verify", "worker-mail"}) {
    rows.push_back({daemon, "nonsense = 1", "nonsense: is not a known setting"});
    rows.push_back({daemon, "database.dsm = \"x\"", "database.dsm: is not a known setting"});
    rows.push_back({daemon, "database.dsn", "database.dsn: is missing"});
    rows.push_back({daemon, "database.dsn = 5", "database.dsn: must be a text"});
    rows.push_back({daemon, "log.level = \"loud\"",
                    "log.level: must be one of trace, debug, info, warning, error, critical"});
    if (daemon == "broker") continue;
    rows.push_back({daemon, "brokers = \"tcp://127.0.0.1:1\"", "brokers: must be a list of texts"});
    rows.push_back({daemon, "brokers = [\"tcp://127.0.0.1:1\"]",
                    "brokers: \"tcp://127.0.0.1:1\" is not a broker's address: tcp://HOST:PORT KEY"});
    rows.push_back({daemon, "brokers = [\"tcp://h:1 " + key + "\", \"tcp://h:1 " + key + "\"]",
                    "brokers: tcp://h:1 is named twice"});
    if (daemon.starts_with("worker"))
      rows.push_back({daemon, "worker.slots = 0", "worker.slots: must be between 1 and 256"});
  }
  return rows;
}

INSTANTIATE_TEST_SUITE_P(Table, BadSettings, ::testing::ValuesIn(table()));

}  // namespace
}  // namespace certfleet::cli
