#include "lib/pki/printable.h"

#include <gtest/gtest.h>

namespace certfleet::pki {
namespace {

using namespace std::string_literals;

TEST(Printable, stray_bytes_and_control_characters_are_replaced) {
  EXPECT_EQ(printable("caf\xe9 \x1b[2J \x83\x5c\x00 \xc2\x9b"s), "caf? ?[2J ?\\? ?");
  EXPECT_EQ(printable("証明書"), "証明書");
}

TEST(Printable, what_begins_or_ends_inside_a_character_is_valid_text) {
  std::string text = "証明書";
  EXPECT_EQ(printable(text.substr(1)), "??明書");
  EXPECT_EQ(printable(text.substr(0, 4)), "証?");
  EXPECT_EQ(printable(text, 4), "証…");
}

TEST(Printable, several_lines_become_one) {
  EXPECT_EQ(one_line("a\r\n\tb\x1b\n\n"), "a   b?");
  EXPECT_EQ(one_line("\n"), "");
  EXPECT_EQ(one_line("ab\ncd", 3), "ab …");
}

}  // namespace
}  // namespace certfleet::pki
