// The bounds of numbers on the command line, and of secrets: at each, and just past it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <regex>

#include "admin-cli/commands.h"
#include "admin-cli/context.h"
#include "admin-cli/nouns.h"
#include "admin-cli/secrets.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "tests/support/temp_dir.h"

namespace certfleet::cli {
namespace {

// What is said to a command line: what lies behind its limits ends at a configuration that is not there.
std::string said(std::vector<std::string> words) {
  Context context(Language::en);
  Commands commands(context);
  add_nouns(commands);
  words.insert(words.begin(), "certfleet");
  words.insert(words.end(), {"--config", "/no/such/file"});
  std::vector<const char*> argv;
  for (const auto& word : words) argv.push_back(word.c_str());
  try {
    commands.run(static_cast<int>(argv.size()), argv.data());
  } catch (const Failure& failure) {
    return failure.what();
  }
  return "";
}

struct Bounds {
  std::vector<std::string> words;
  int lowest, highest;
};

// Each number that the command line has.
const std::vector<Bounds>& all_bounds() {
  static const std::vector<Bounds> all{
      {{"service", "list", "--limit"}, 1, 100'000},
      {{"node", "list", "--limit"}, 1, 10'000},
      {{"order", "list", "--limit"}, 1, 10'000},
      {{"dashboard", "--limit"}, 1, 1'000},
      {{"log", "--limit"}, 1, 100'000},
      {{"log", "--request"}, 1, 99'999},
      {{"log", "--id"}, 0, 9'999},
      {{"user", "add", "a@example.com", "--code", "--code-hours"}, 1, 744},
      {{"user", "reset", "a@example.com", "--yes", "--code-hours"}, 1, 744},
      {{"login", "a@example.com", "--hours"}, 1, 744},
      {{"job", "list", "--limit"}, 1, 10'000},
      {{"audit", "--limit"}, 1, 100'000},
      {{"schedule", "show", "verify", "--count"}, 1, 100},
      {{"schedule", "set", "orders", "--days"}, 1, 365},
      {{"settings", "set", "--csr-timer"}, 10, 600},
      {{"settings", "set", "--order-timer"}, 60, 3'600},
      {{"settings", "set", "--apply-timer"}, 60, 3'600},
      {{"settings", "set", "--verify-timer"}, 5, 600},
      {{"settings", "set", "--mail-timer"}, 10, 600},
      {{"mail", "set", "--port"}, 1, 65'535},
      {{"notification", "add", "ops", "--to", "ops@example.com", "--interval"}, 1, 1'440},
      {{"notification", "set", "ops", "--interval"}, 1, 1'440},
      {{"service", "add", "shop", "--common-name", "shop.example.com", "--licences"}, 1, 9'999},
      {{"service", "set", "shop", "--licences"}, 1, 9'999},
      {{"node", "add", "web1", "--service", "s", "--access", "a", "--cert-file", "/c", "--key-file", "/k", "--work-dir",
        "/w", "--verify-address", "192.0.2.1", "--verify-port"}, 1, 65'535},
      {{"node", "set", "web1", "--verify-port"}, 1, 65'535},
      {{"access", "add", "web1", "--address", "192.0.2.1", "--login", "l", "--without-host-key", "--password-file",
        "/etc/hostname", "--port"}, 1, 65'535},
      {{"access", "set", "web1", "--port"}, 1, 65'535},
      {{"limit", "set", "--site", "tokyo", "--parallel"}, 1, 1'000'000},
      {{"limit", "set", "--site", "tokyo", "--per-minute"}, 1, 1'000'000},
      {{"sealing-key", "rotate", "--yes", "--wait"}, 0, 86'400},
      {{"dev", "--brokers"}, 1, 16},
      {{"dev", "--broker-port"}, 1, 65'500},
      {{"dev", "--postgres-port"}, 1, 65'535},
  };
  return all;
}

TEST(OptionLimits, a_number_is_within_its_bounds) {
  for (const auto& [words, lowest, highest] : all_bounds()) {
    auto with = [&words = words](int number) {
      auto line = words;
      line.push_back(std::to_string(number));
      return said(line);
    };
    auto range = "needs a number from " + std::to_string(lowest) + " to " + std::to_string(highest);
    for (int good : {lowest, highest}) {
      if (words[0] == "dev") continue;  // would begin
      EXPECT_NE(with(good).find("/no/such/file"), std::string::npos) << words[0] << ' ' << good << with(good);
    }
    for (int bad : {lowest - 1, highest + 1})
      EXPECT_NE(with(bad).find(range), std::string::npos) << words[0] << ' ' << bad << with(bad);
  }
}

TEST(OptionLimits, no_number_is_left_out_here_that_the_help_has) {
  Context context(Language::en);
  Commands commands(context);
  add_nouns(commands);
  int numbers = 0;
  std::function<void(const CLI::App&, std::vector<std::string>)> look = [&](const CLI::App& app,
                                                                            const std::vector<std::string>& path) {
    for (const auto* option : app.get_options()) {
      std::smatch found;
      auto text = option->get_description();
      if (!std::regex_search(text, found, std::regex("([0-9]+) - ([0-9]+)\\)?$"))) continue;
      ++numbers;
      EXPECT_TRUE(std::any_of(all_bounds().begin(), all_bounds().end(), [&](const Bounds& bounds) {
        return std::equal(path.begin(), path.end(), bounds.words.begin()) &&
               option->check_lname(bounds.words.back().substr(2)) && bounds.lowest == std::stoi(found[1]) &&
               bounds.highest == std::stoi(found[2]);
      })) << path.front() << ' ' << option->get_name() << ": " << text;
    }
    for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
      auto further = path;
      further.push_back(sub->get_name());
      look(*sub, further);
    }
  };
  look(commands.tree(), {});
  EXPECT_GT(numbers, 30);
}

pki::Secret from_input(const std::string& text) {
  testing::TempDir folder("input");
  write_file(folder / "input", text, 0600);
  int before = ::dup(STDIN_FILENO);
  int file = ::open((folder / "input").c_str(), O_RDONLY | O_CLOEXEC);
  ::dup2(file, STDIN_FILENO);
  ::close(file);
  struct Back {
    int fd;
    ~Back() {
      ::dup2(fd, STDIN_FILENO);
      ::close(fd);
    }
  } back{before};
  return secret_from_input();
}

TEST(SecretLimits, a_line_of_input_has_1024_bytes) {
  EXPECT_EQ(from_input(std::string(1024, 'p') + "\n").size(), 1024U);
  EXPECT_THROW(from_input(std::string(1025, 'p') + "\n"), Failure);
}

TEST(SecretLimits, a_file_has_64_KiB) {
  testing::TempDir folder("secrets");
  write_file(folder / "most", std::string(64UL * 1024, 's'), 0600);
  write_file(folder / "more", std::string(64UL * 1024 + 1, 's'), 0600);
  EXPECT_EQ(secret_from_file(folder / "most").size(), 64UL * 1024);
  EXPECT_THROW(secret_from_file(folder / "more"), Failure);
}

}  // namespace
}  // namespace certfleet::cli
