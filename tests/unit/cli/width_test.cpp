#include "admin-cli/width.h"

#include <gtest/gtest.h>

namespace certfleet::cli {
namespace {

TEST(Width, japanese_characters_take_two_columns_and_combining_marks_none) {
  EXPECT_EQ(display_width("shop"), 4);
  EXPECT_EQ(display_width("幕張DC"), 6);
  EXPECT_EQ(display_width("ｶﾅ"), 2);        // half-width
  EXPECT_EQ(display_width("が"), 2);        // one character
  EXPECT_EQ(display_width("か\u3099"), 2);  // the same, composed of two
}

TEST(Width, a_byte_that_is_no_utf8_counts_as_one) {
  EXPECT_EQ(display_width("a\xff\x80z"), 4);
}

TEST(Width, what_is_too_long_is_cut_at_a_character_and_marked) {
  EXPECT_EQ(fit("certificate", 6), "certi…");
  EXPECT_EQ(fit("幕張データセンター", 6), "幕張…");  // a third character would not fit beside the mark
  EXPECT_EQ(display_width(fit("幕張データセンター", 7)), 7);
  EXPECT_EQ(fit("shop", 4), "shop");
}

TEST(Width, a_name_can_not_steer_the_terminal) {
  EXPECT_EQ(printable("a\x1b[31mb"), "a\uFFFD[31mb");
  EXPECT_EQ(printable("two\nlines"), "two lines");
  EXPECT_EQ(printable("c1\u009b31m"), "c1\uFFFD31m");
  EXPECT_EQ(printable("日本"), "日本");
}

}  // namespace
}  // namespace certfleet::cli
