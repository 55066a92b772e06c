// Where the functions and triggers of sql/ stand (docs/architecture.md).
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <string>

#include "lib/store/sql.h"

namespace certfleet::store {
namespace {

// The functions that a text makes, and how often.
std::map<std::string, int> made_in(std::string_view text) {
  static const std::regex head("CREATE (?:OR REPLACE )?FUNCTION ([a-z_]+)");
  std::map<std::string, int> made;
  for (std::cregex_iterator at(text.data(), text.data() + text.size(), head), end; at != end; ++at)
    ++made[(*at)[1].str()];
  return made;
}

TEST(SqlFiles, each_function_is_written_once) {
  std::map<std::string, int> made;
  for (const auto* files : {&sql::functions(), &sql::roles()})
    for (const auto& file : *files)
      for (const auto& [name, count] : made_in(file.text)) made[name] += count;
  EXPECT_GT(made.size(), 50U);
  for (const auto& [name, count] : made) EXPECT_EQ(count, 1) << name;
}

// A body in a migration would be there a second time, and stay there when the first one changes. But what an index
// holds changes with a new index only.
TEST(SqlFiles, no_migration_makes_a_trigger_or_a_function_but_those_of_indexes) {
  ASSERT_GT(sql::migrations().size(), 20U);
  for (const auto& file : sql::migrations()) {
    for (const auto& [name, count] : made_in(file.text))
      EXPECT_NE(file.text.find("USING gin (" + name + "("), std::string_view::npos) << file.name << ": " << name;
    for (std::string_view maker : {"CREATE TRIGGER", "REPLACE TRIGGER"})
      EXPECT_EQ(file.text.find(maker), std::string_view::npos) << file.name << ": " << maker;
  }
}

// Applied again and again, they must not meet themselves; whoever reads one must find the parts of its subject.
TEST(SqlFiles, functions_and_triggers_replace_what_is_there) {
  for (const auto& file : sql::functions()) {
    for (std::string_view bare : {"CREATE FUNCTION", "CREATE TRIGGER"})
      EXPECT_EQ(file.text.find(bare), std::string_view::npos) << file.name << ": " << bare;
    EXPECT_LE(std::count(file.text.begin(), file.text.end(), '\n'), 200) << file.name;
  }
}

}  // namespace
}  // namespace certfleet::store
