#include "admin-cli/csv.h"

#include <gtest/gtest.h>

namespace certfleet::cli {
namespace {

const std::vector<std::string> keys = {"name", "group", "common_name", "sans"};

std::string refusal(const std::string& text) {
  try {
    from_csv(text, keys);
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.fault(), Fault::usage);
    return failure.what();
  }
  return "read";
}

TEST(Csv, a_line_is_a_thing_and_an_empty_value_none) {
  auto found = from_csv("name,group,sans\r\nshop,web,a.example.com b.example.com\r\n\r\nstore,,\r\n", keys);
  EXPECT_TRUE(found.wrong.empty());
  ASSERT_EQ(found.forms.size(), 2U);
  EXPECT_EQ(found.forms[0].name, "shop");
  EXPECT_EQ(shown(found.forms[0].find("group")->value), "web");
  EXPECT_EQ(found.forms[0].line, 2);
  EXPECT_EQ(found.forms[1].name, "store");
  EXPECT_EQ(found.forms[1].line, 4);
  EXPECT_TRUE(found.forms[1].entries.empty());
}

TEST(Csv, quotes_hold_commas_and_line_breaks_and_lines_are_counted_by_the_file) {
  auto found = from_csv("\xef\xbb\xbfname,group\n\"a,\"\"b\"\"\",\"two\nlines\"\nnext,web\n", keys);
  ASSERT_EQ(found.forms.size(), 2U);
  EXPECT_EQ(found.forms[0].name, "a,\"b\"");
  EXPECT_EQ(shown(found.forms[0].find("group")->value), "two\nlines");
  EXPECT_EQ(found.forms[1].line, 4);
}

TEST(Csv, every_bad_line_is_told_by_its_number) {
  auto found = from_csv("name,group\nshop,web,more\n,web\nshop,web\nshop,web\n", keys);
  ASSERT_EQ(found.wrong.size(), 3U);
  EXPECT_EQ(found.wrong[0].en, "line 2: has 3 values for 2 columns");
  EXPECT_EQ(found.wrong[1].en, "line 3: name is needed");
  EXPECT_EQ(found.wrong[2].en, "line 5: \"shop\" stands on line 4 too");
}

TEST(Csv, a_bad_first_line_is_refused) {
  EXPECT_EQ(refusal(""), "is empty");
  EXPECT_EQ(refusal("name,grup\n"), "line 1: unknown column \"grup\"; did you mean group?");
  EXPECT_EQ(refusal("group\n"), "line 1: the column name is needed");
  EXPECT_EQ(refusal("name,name\n"), "line 1: the column name comes twice");
}

TEST(Csv, a_broken_quote_and_another_encoding_are_refused_with_the_line) {
  EXPECT_EQ(refusal("name\n\"open\n"), "line 2: this is no CSV: a quote is wrong");
  EXPECT_EQ(refusal("name\n\x93\x8c\n"), "line 2: is not UTF-8; save the file as UTF-8");
}

TEST(Csv, what_is_written_is_read_back) {
  Form form{"a, \"b\"", std::nullopt, {{"group", "two\nlines"}, {"sans", std::vector<std::string>{"x", "y"}}}, 0};
  auto back = from_csv(to_csv({form}, keys), keys);
  ASSERT_EQ(back.forms.size(), 1U);
  EXPECT_EQ(back.forms[0].name, form.name);
  EXPECT_EQ(shown(back.forms[0].find("group")->value), "two\nlines");
  EXPECT_EQ(shown(back.forms[0].find("sans")->value), "x y");
}

}  // namespace
}  // namespace certfleet::cli
