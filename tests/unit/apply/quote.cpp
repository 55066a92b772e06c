#include "workers/apply/quote.h"

#include <gtest/gtest.h>

#include <cstdio>

namespace certfleet::apply {
namespace {

// What a real shell makes of it.
std::string through_sh(const std::string& line) {
  std::FILE* pipe = ::popen(("printf '%s|' " + line).c_str(), "r");
  std::string out;
  std::array<char, 256> block{};
  while (std::size_t n = std::fread(block.data(), 1, block.size(), pipe)) out.append(block.data(), n);
  EXPECT_EQ(::pclose(pipe), 0);
  return out;
}

TEST(Quote, words_reach_the_command_byte_by_byte) {
  std::vector<std::string> words = {
      "plain", "",       "two words", "it's",       "'",      "''",       "$HOME `id` $(id)",
      "a\nb",  "*;&|<>", "\\",        "\"double\"", "日本語", "!history", "-n"};
  std::string expected;
  for (const auto& word : words) expected += word + "|";
  EXPECT_EQ(through_sh(command_line(words)), expected);
}

TEST(Quote, quoting_twice_survives_two_shells) {
  std::vector<std::string> inner = {"printf", "%s", "it's $HOME"};
  EXPECT_EQ(through_sh(command_line(std::vector<std::string>{"x"}) + " \"$(sh -c " +
                       quote(command_line(inner)) + ")\""),
            "x|it's $HOME|");
}

TEST(QuoteDeath, a_nul_never_gets_into_a_command_line) {
  EXPECT_DEATH(quote(std::string_view("a\0b", 3)), "NUL");
}

}  // namespace
}  // namespace certfleet::apply
