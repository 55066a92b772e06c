#include "tests/integration/cli/house.h"

#include <algorithm>

#include "lib/store/transaction.h"

namespace certfleet::cli {

using certfleet::testing::Part;
using certfleet::testing::ProcessOptions;
using certfleet::testing::TempDir;

void House::SetUpTestSuite() {
  postgres_ = new Part("postgres", {{"PARTS_FSYNC", "off"},
                                    {"PARTS_POSTGRES", "-c logging_collector=on -c log_destination=stderr,jsonlog"
                                                       " -c max_prepared_transactions=4"}});
  home_ = new TempDir("cli");
  config_file_ = config() / "certfleet.toml";
  auto made = certfleet(init_words(new_database("installation"), config()), "first-secret\n");
  ASSERT_EQ(made.exit_code, 0) << made.err;
  ASSERT_EQ(made.err, "");
}

void House::TearDownTestSuite() {
  delete home_;
  delete postgres_;
}

std::filesystem::path House::config() {
  return *home_ / "installation";
}
void House::use_config(const std::filesystem::path& file) {
  config_file_ = file;
}

Ran House::certfleet(std::vector<std::string> words, const std::string& input, const std::string& lang,
                     std::map<std::string, std::string> env) {
  words.insert(words.begin(), CERTFLEET_BIN "/certfleet");
  ProcessOptions options;
  options.env = std::move(env);
  options.env.merge(std::map<std::string, std::string>{
      {"CERTFLEET_CONFIG", config_file_.string()}, {"HOME", home_->path().string()}, {"LC_ALL", lang}});
  options.input = input;
  auto finished = certfleet::testing::run(std::move(words), std::move(options));
  return {finished.exit_code, finished.out, finished.err};
}

std::string House::good(std::vector<std::string> words, const std::string& input) {
  auto joined = words.front() + " " + (words.size() > 1 ? words[1] : "");
  auto ran = certfleet(std::move(words), input);
  EXPECT_EQ(ran.exit_code, 0) << joined << ": " << ran.err;
  EXPECT_EQ(ran.err, "") << joined;
  return ran.out;
}

void House::bad(int exit_code, const std::string& part, std::vector<std::string> words,
                const std::string& input) {
  auto joined = words.empty() ? "" : words.front() + " " + (words.size() > 1 ? words[1] : "");
  auto ran = certfleet(std::move(words), input);
  EXPECT_EQ(ran.exit_code, exit_code) << joined << ": " << ran.err;
  EXPECT_EQ(ran.out, "") << joined;
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << joined << ": " << ran.err;
  EXPECT_NE(ran.err.find(part), std::string::npos) << joined << ": " << ran.err << "has no " << part;
}

std::string House::new_database(const std::string& name) {
  sql("postgres", "CREATE DATABASE " + name);
  return postgres_->env("PG_TCP_DSN") + " dbname=" + name;
}

std::vector<std::string> House::init_words(const std::string& dsn, const std::filesystem::path& directory) {
  return {"init",
          "--database",
          dsn,
          "--directory",
          directory.string(),
          "--company",
          "Example K.K.",
          "--site",
          "tokyo",
          "--group",
          "web",
          "--admin",
          "admin@example.com",
          "--password-stdin",
          "--time-zone",
          "Asia/Tokyo",
          "--broker",
          "127.0.0.1:9020"};
}

std::string House::sql(const std::string& database, const std::string& statement) {
  auto ran = certfleet::testing::run({postgres_->env("PG_BIN") + "/psql", "-XAtq", "-d",
                                      postgres_->env("PG_DSN") + " dbname=" + database, "-c", statement});
  EXPECT_EQ(ran.exit_code, 0) << statement << ": " << ran.err;
  auto text = ran.out;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace certfleet::cli
