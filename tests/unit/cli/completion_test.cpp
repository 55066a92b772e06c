#include "admin-cli/completion.h"

#include <gtest/gtest.h>

#include "admin-cli/commands.h"
#include "admin-cli/context.h"
#include "admin-cli/nouns.h"

namespace certfleet::cli {
namespace {

using Words = std::vector<std::string>;

class Completion : public ::testing::Test {
 protected:
  Completion() : context_(Language::en), commands_(context_) { add_nouns(commands_); }

  Words completed(const Words& words) {
    return complete(commands_.tree(), words, [this](std::string_view noun, std::string_view beginning) {
      asked_ += std::string(noun) + ":" + std::string(beginning) + " ";
      return Words{"a name"};
    });
  }

  Context context_;
  Commands commands_;
  std::string asked_;
};

bool contains(const Words& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

TEST_F(Completion, commands_come_by_their_beginning) {
  EXPECT_TRUE(contains(completed({"ser"}), "service"));
  EXPECT_EQ(completed({"service", "li"}), Words{"list"});
  EXPECT_TRUE(contains(completed({""}), "node"));
}

TEST_F(Completion, options_come_with_those_that_all_commands_share) {
  auto options = completed({"service", "set", "shop", "--"});
  EXPECT_TRUE(contains(options, "--common-name"));
  EXPECT_TRUE(contains(options, "--json"));
  EXPECT_EQ(completed({"service", "set", "--comm"}), Words{"--common-name"});
}

TEST_F(Completion, fixed_values_come_from_the_option) {
  EXPECT_EQ(completed({"service", "set", "shop", "--key", "ecdsa"}), (Words{"ecdsa-p256", "ecdsa-p384"}));
  EXPECT_EQ(completed({"--lang", "j"}), Words{"ja"});
}

TEST_F(Completion, names_are_asked_for_by_noun_and_by_option) {
  EXPECT_EQ(completed({"service", "show", "sh"}), Words{"a name"});
  completed({"node", "add", "web1", "--service", "sh"});
  completed({"--json", "node", "show", ""});
  EXPECT_EQ(asked_, "service:sh service:sh node: ");
}

TEST_F(Completion, a_new_name_and_a_second_word_are_free) {
  EXPECT_TRUE(completed({"service", "add", "sh"}).empty());
  EXPECT_TRUE(completed({"service", "show", "shop", "x"}).empty());
  EXPECT_TRUE(completed({"service", "set", "shop", "--rename", "x"}).empty());
  EXPECT_EQ(asked_, "");
}

}  // namespace
}  // namespace certfleet::cli
