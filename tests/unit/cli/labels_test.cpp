#include "admin-cli/labels.h"

#include <gtest/gtest.h>

namespace certfleet::cli {
namespace {

TEST(Labels, an_order_that_failed_or_met_an_error_is_red) {
  auto tone = [](const char* state, bool in_error) { return order_state_cell(state, Language::en, in_error).tone; };
  EXPECT_EQ(tone("failed", true), Tone::error);
  EXPECT_EQ(tone("failed", false), Tone::error);
  EXPECT_EQ(tone("scheduled", false), Tone::plain);
  EXPECT_EQ(tone("placed", false), Tone::plain);
  for (const auto* state : {"scheduled", "started", "placed"}) EXPECT_EQ(tone(state, true), Tone::error) << state;
  EXPECT_EQ(order_state_cell("scheduled", Language::ja, true).shown, "予約済 (エラー)");
  EXPECT_EQ(order_state_cell("failed", Language::ja, true).shown, "失敗");
  EXPECT_EQ(std::get<std::string>(order_state_cell("scheduled", Language::en, true).value), "scheduled");
}

}  // namespace
}  // namespace certfleet::cli
