// Completion as a shell asks for it, with the names that are there.
#include <gtest/gtest.h>

#include "tests/integration/cli/house.h"

namespace certfleet::cli {
namespace {

class Completing : public House {
 protected:
  static void add_service(const std::string& name) {
    good({"service", "add", name, "--common-name", "www.example.com"});
  }
};

TEST_F(Completing, live_names_come_in_order_and_only_those_that_begin_so) {
  for (const auto* name : {"shop b", "shop-a", "store", "s_op"}) add_service(name);
  EXPECT_EQ(good({"__complete", "service", "show", "sho"}), "shop b\nshop-a\n");
  EXPECT_EQ(good({"__complete", "node", "list", "--service", "s_"}), "s_op\n");  // no pattern
  EXPECT_EQ(good({"__complete", "log", "--service", "nothing"}), "");
}

TEST_F(Completing, bash_quotes_what_it_inserts) {
  add_service("two words");
  std::string script =
      "set -eu; eval \"$(\"$1\" completion bash)\"; COMP_WORDS=(\"$1\" service show two); COMP_CWORD=3; _certfleet;"
      " printf '%s\\n' \"${COMPREPLY[@]}\"";
  certfleet::testing::ProcessOptions options;
  options.env = {{"CERTFLEET_CONFIG", (config() / "certfleet.toml").string()}};
  auto ran = certfleet::testing::run({"bash", "-c", script, "bash", CERTFLEET_BIN "/certfleet"}, options);
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(ran.out, "two\\ words\n");
}

TEST_F(Completing, without_a_database_commands_are_completed_all_the_same) {
  use_config("/nowhere/certfleet.toml");
  EXPECT_EQ(good({"__complete", "service", "li"}), "list\n");
  EXPECT_EQ(good({"__complete", "service", "show", "s"}), "");
  use_config(config() / "certfleet.toml");
}

}  // namespace
}  // namespace certfleet::cli
