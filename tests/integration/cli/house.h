// A private PostgreSQL with passwords, an installation made by the real command, and the command itself.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/support/part.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace certfleet::cli {

struct Ran {
  int exit_code = 0;
  std::string out;
  std::string err;
};

class House : public ::testing::Test {
 protected:
  static void SetUpTestSuite();
  static void TearDownTestSuite();

  // Runs certfleet with the configuration of the installation; `input` is its standard input.
  static Ran certfleet(std::vector<std::string> words, const std::string& input = "",
                       const std::string& lang = "C.UTF-8", std::map<std::string, std::string> env = {});
  // The same, and expects exit code 0.
  static std::string good(std::vector<std::string> words, const std::string& input = "");
  // Expects this exit code, nothing on standard output, and one line on standard error that contains `part`.
  static void bad(int exit_code, const std::string& part, std::vector<std::string> words,
                  const std::string& input = "");

  // An empty database of its own; gives the owner's DSN.
  static std::string new_database(const std::string& name);
  static std::vector<std::string> init_words(const std::string& dsn, const std::filesystem::path& directory);
  static std::string sql(const std::string& database, const std::string& statement);

  static std::filesystem::path config();  // folder of the installation
  static void use_config(const std::filesystem::path& file);

  static inline certfleet::testing::Part* postgres_ = nullptr;
  static inline certfleet::testing::TempDir* home_ = nullptr;
  static inline std::filesystem::path config_file_;
};

}  // namespace certfleet::cli
