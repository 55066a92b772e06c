#include "admin-cli/text.h"

#include <gtest/gtest.h>
#include <stdlib.h>

namespace certfleet::cli {
namespace {

Language language_with(const char* locale, std::vector<const char*> words) {
  ::unsetenv("LC_ALL");
  ::unsetenv("LC_MESSAGES");
  ::setenv("LANG", locale, 1);
  words.insert(words.begin(), "certfleet");
  return language_of(static_cast<int>(words.size()), words.data());
}

TEST(Text, the_option_decides_then_the_locale) {
  EXPECT_EQ(language_with("C.UTF-8", {"service", "list"}), Language::en);
  EXPECT_EQ(language_with("ja_JP.UTF-8", {"service", "list"}), Language::ja);
  EXPECT_EQ(language_with("ja_JP.UTF-8", {"service", "list", "--lang", "en"}), Language::en);
  EXPECT_EQ(language_with("C", {"--lang=ja", "log"}), Language::ja);
  EXPECT_EQ(language_with("C", {"--", "--lang=ja"}), Language::en);
}

}  // namespace
}  // namespace certfleet::cli
