#include "workers/apply/steps.h"

#include <gtest/gtest.h>

namespace certfleet::apply {
namespace {

constexpr Found nothing{};
constexpr Found as_before{.ready = true, .before = true, .wanted = false};
constexpr Found installed{.ready = true, .before = false, .wanted = true};
constexpr Found between{.ready = true, .before = false, .wanted = false};
constexpr Found same_again{.ready = true, .before = true, .wanted = true};

struct Row {
  Step step;
  Found found;
  Action action;
};

// Every step with everything that can be found.
constexpr Row table[] = {
    // Nothing in use was changed: whatever lies there is an unfinished preparation.
    {Step::none, nothing, Action::prepare},
    {Step::none, as_before, Action::prepare},
    {Step::none, installed, Action::prepare},
    {Step::none, between, Action::prepare},
    {Step::none, same_again, Action::prepare},
    // The way forward completes what was begun.
    {Step::changing, nothing, Action::prepare},
    {Step::changing, as_before, Action::install},
    {Step::changing, between, Action::install},
    {Step::changing, installed, Action::activate},
    {Step::changing, same_again, Action::activate},
    // The way back is never left again, and ends with a server that was tested and reloaded.
    {Step::restoring, nothing, Action::give_up},
    {Step::restoring, as_before, Action::reactivate},
    {Step::restoring, between, Action::restore},
    {Step::restoring, installed, Action::restore},
    {Step::restoring, same_again, Action::reactivate},
    // Decided: nothing that is in use is touched any more.
    {Step::confirmed, nothing, Action::clean_up},
    {Step::confirmed, as_before, Action::clean_up},
    {Step::confirmed, between, Action::clean_up},
    {Step::confirmed, installed, Action::clean_up},
    {Step::confirmed, same_again, Action::clean_up},
    {Step::restored, nothing, Action::clean_up},
    {Step::restored, as_before, Action::clean_up},
    {Step::restored, between, Action::clean_up},
    {Step::restored, installed, Action::clean_up},
    {Step::restored, same_again, Action::clean_up},
};

TEST(Steps, every_step_and_find_has_one_next_action) {
  for (const auto& row : table)
    EXPECT_EQ(next_action(row.step, row.found), row.action)
        << "step '" << to_string(row.step) << "' ready " << row.found.ready << " before " << row.found.before
        << " wanted " << row.found.wanted;
}

// Plays a node on which each action does what it says, or is interrupted on the way.
Found after(Action action, Found found) {
  switch (action) {
    case Action::prepare:
      return {.ready = true, .before = true, .wanted = false};
    case Action::install:
      return installed;
    case Action::restore:
      return as_before;
    default:
      return found;
  }
}

TEST(Steps, both_ways_end_whatever_is_found) {
  for (Step step : {Step::changing, Step::restoring})
    for (Found found : {nothing, as_before, installed, between, same_again}) {
      int turns = 0;
      for (Action action = next_action(step, found);
           action != Action::activate && action != Action::reactivate && action != Action::give_up;
           action = next_action(step, found)) {
        found = after(action, found);
        ASSERT_LT(++turns, 4) << to_string(step);
      }
    }
}

TEST(Steps, nothing_in_use_is_touched_before_the_step_says_so) {
  for (Found found : {nothing, as_before, installed, between, same_again})
    EXPECT_EQ(next_action(Step::none, found), Action::prepare);
}

TEST(Steps, the_words_of_the_database_come_back) {
  for (Step step : {Step::none, Step::changing, Step::confirmed, Step::restoring, Step::restored})
    EXPECT_EQ(step_from(to_string(step)), step);
}

}  // namespace
}  // namespace certfleet::apply
