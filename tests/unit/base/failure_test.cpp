// What a person is told, in his language.
#include <gtest/gtest.h>

#include "lib/base/error.h"

namespace certfleet {
namespace {

TEST(Failure, speaks_both_languages_and_is_english_to_programs) {
  Failure failure(Fault::conflict, Text{"{1} の{0}", "{0} of {1}"}, Text{"ノード", "node"}, "shop");
  EXPECT_EQ(failure.text().in(Language::ja), "shop のノード");
  EXPECT_EQ(failure.text().in(Language::en), "node of shop");
  EXPECT_STREQ(failure.what(), "node of shop");
}

TEST(Failure, stands_in_another_sentence_in_the_same_language) {
  Failure inner(Fault::usage, Text{"空です", "is empty"});
  Failure outer(Fault::usage, 1811, Text{"{} 行: {}", "line {}: {}"}, 3, inner.text());
  EXPECT_EQ(outer.text().in(Language::ja), "3 行: 空です");
  EXPECT_EQ(outer.text().in(Language::en), "line 3: is empty");
  EXPECT_EQ(outer.trace_id(), 1811);
}

TEST(Failure, that_has_one_text_says_it_in_either_language) {
  Failure failure(Fault::unreachable, "connection refused");
  EXPECT_EQ(failure.text().in(Language::ja), "connection refused");
}

}  // namespace
}  // namespace certfleet
