#include "lib/store/looks.h"

#include <gtest/gtest.h>

#include <vector>

namespace certfleet::store {
namespace {

using namespace std::chrono_literals;

constexpr int many = 100;
constexpr int few = 10;

class LooksTest : public ::testing::Test {
 protected:
  // Whether that look, for so many, was one at everything.
  bool look(int jobs_max, int found, std::chrono::milliseconds took) {
    auto began = now;
    bool whole = looks.whole(jobs_max, began);
    now += took;
    looks.looked(jobs_max, found, began, now);
    return whole;
  }
  void look_at_everything() {
    look(many, 0, 1ms);
    EXPECT_TRUE(look(many, many, 10ms));
  }

  Looks looks;
  Instant now{1h};
};

TEST_F(LooksTest, who_begins_relies_on_the_front_while_it_has_enough) {
  EXPECT_FALSE(look(few, few, 1ms));
  now += 4s;
  EXPECT_FALSE(look(few, few, 1ms));
  EXPECT_FALSE(look(many, many, 1ms));
  now += 1s;
  EXPECT_TRUE(look(few, few, 1ms)) << "what was put back behind the front does not wait for ever";
}

TEST_F(LooksTest, who_begins_with_many_looks_behind_the_front_after_half_a_minute) {
  look(many, many, 1ms);
  now += 29s;
  EXPECT_FALSE(look(many, many, 1ms));
  now += 1s;
  EXPECT_TRUE(look(many, many, 1ms));
}

TEST_F(LooksTest, who_begins_looks_at_everything_when_the_front_has_too_little) {
  look(many, many, 1ms);
  look(many, many - 1, 1ms);
  EXPECT_TRUE(look(many, many, 10ms));
  look(many, 0, 1ms);
  EXPECT_FALSE(look(many, 0, 1ms)) << "it was done";
}

TEST_F(LooksTest, a_look_at_everything_is_as_often_as_it_is_cheap) {
  look_at_everything();
  now += 499ms;
  EXPECT_FALSE(look(many, many, 0ms));
  now += 1ms;
  EXPECT_TRUE(look(many, many, 2s));
  now += 29999ms;
  EXPECT_FALSE(look(many, many, 0ms));
  now += 1ms;
  EXPECT_TRUE(look(many, many, 0ms));
}

TEST_F(LooksTest, a_look_for_few_begins_at_the_front_only_if_one_at_everything_takes_long) {
  look_at_everything();
  EXPECT_TRUE(look(few, few, 99ms));
  EXPECT_TRUE(look(few, few, 101ms));
  EXPECT_FALSE(look(few, few, 1ms));
}

TEST_F(LooksTest, an_idle_worker_rests_after_a_dear_look_for_nothing) {
  look_at_everything();
  look(few, 0, 200ms);
  EXPECT_TRUE(looks.resting(now));
  now += 5s;
  EXPECT_FALSE(looks.resting(now));
  look(few, 0, 40ms);
  EXPECT_FALSE(looks.resting(now)) << "that was cheap enough";
  look(few, 1, 200ms);
  EXPECT_FALSE(looks.resting(now)) << "there may be more";
}

TEST_F(LooksTest, only_a_look_at_everything_finds_that_there_is_nothing) {
  std::vector<bool> asked;
  auto found = looks.look(many, [&](bool whole) {
    asked.push_back(whole);
    return std::vector<int>();
  });
  EXPECT_TRUE(found.empty());
  EXPECT_EQ(asked, (std::vector{false, true}));
}

}  // namespace
}  // namespace certfleet::store
