#include <gtest/gtest.h>

#include <set>

#include "lib/trace/render.h"

namespace certfleet::trace {
namespace {

// The arguments that a text uses, by their numbers.
std::set<char> arguments(std::string_view text) {
  std::set<char> used;
  for (std::size_t i = 0; i + 2 < text.size(); ++i)
    if (text[i] == '{' && text[i + 2] == '}') used.insert(text[i + 1]);
  return used;
}

TEST(Catalogue, numbers_grow_and_none_is_given_twice) {
  int last = -1;
  for (const auto& message : all_messages()) {
    EXPECT_GT(message.id, last);
    last = message.id;
  }
}

TEST(Catalogue, both_languages_say_the_same_arguments) {
  for (const auto& message : all_messages()) {
    EXPECT_EQ(arguments(message.ja), arguments(message.en)) << message.id;
    EXPECT_EQ(arguments(message.ja).size(), static_cast<std::size_t>(message.args)) << message.id;
    EXPECT_FALSE(message.ja.empty()) << message.id;
    EXPECT_FALSE(message.en.empty()) << message.id;
  }
}

TEST(Catalogue, a_number_is_found_and_an_unknown_one_is_not) {
  ASSERT_NE(find_message(1811), nullptr);
  EXPECT_EQ(find_message(1811)->level, Level::error);
  EXPECT_EQ(find_message(1811)->module, "apply");
  EXPECT_EQ(find_message(4711), nullptr);
}

TEST(Render, has_the_form_of_the_manual) {
  auto made = line(1811, {"root"});
  made.request_no = 1;
  EXPECT_EQ(render(made, Language::ja), "apply <E1811> 00001 ログインできません。[root]");
  EXPECT_EQ(render(made, Language::en), "apply <E1811> 00001 The login failed. [root]");
}

TEST(Render, arguments_can_not_break_the_line_or_the_terminal) {
  EXPECT_EQ(text_of(line(1811, {"a\nb\x1b[31m"}), Language::en), "The login failed. [a b [31m]");
}

TEST(Render, a_long_argument_is_cut_between_two_characters) {
  std::string wide;
  for (int i = 0; i < 500; ++i) wide += "証";
  auto text = text_of(line(1811, {wide}), Language::en);
  EXPECT_LT(text.size(), 1100u);
  EXPECT_EQ((text.size() - std::string("The login failed. []").size()) % 3, 0u);
}

TEST(Render, a_number_of_a_newer_version_is_shown_with_its_arguments) {
  EXPECT_EQ(render(line(4711, {"x"}), Language::en), " <I4711> 00000 ? [x]");
}

TEST(Render, a_missing_argument_is_left_empty) { EXPECT_EQ(text_of(line(1811), Language::en), "The login failed. []"); }

TEST(Language, comes_from_the_locale) {
  EXPECT_EQ(language_from_locale("ja_JP.UTF-8"), Language::ja);
  EXPECT_EQ(language_from_locale("C.UTF-8"), Language::en);
}

}  // namespace
}  // namespace certfleet::trace
