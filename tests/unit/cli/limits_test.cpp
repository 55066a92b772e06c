// The bounds of numbers on the command line, and of secrets: at each, and just past it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

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

TEST(OptionLimits, a_number_is_within_its_bounds) {
  for (const auto& [words, lowest, highest] : std::vector<Bounds>{
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
       }) {
    auto with = [&words = words](int number) {
      auto line = words;
      line.push_back(std::to_string(number));
      return said(line);
    };
    auto range = "needs a number from " + std::to_string(lowest) + " to " + std::to_string(highest);
    for (int good : {lowest, highest})
      EXPECT_NE(with(good).find("/no/such/file"), std::string::npos) << words[0] << ' ' << good << with(good);
    for (int bad : {lowest - 1, highest + 1})
      EXPECT_NE(with(bad).find(range), std::string::npos) << words[0] << ' ' << bad << with(bad);
  }
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
