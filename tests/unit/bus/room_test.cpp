#include "lib/bus/room.h"

#include <gmock/gmock.h>

#include <numeric>
#include <random>

namespace certfleet::bus {
namespace {

using ::testing::ElementsAre;

TEST(DivideRoom, gives_each_broker_an_even_part) {
  EXPECT_THAT(divide_room(9, {0, 0, 0}), ElementsAre(3, 3, 3));
  EXPECT_THAT(divide_room(10, {0, 0, 0}), ElementsAre(4, 4, 2));
}

TEST(DivideRoom, gives_each_broker_at_least_one_while_there_is_room) {
  EXPECT_THAT(divide_room(1, {0, 0, 0}), ElementsAre(1, 1, 1));
  EXPECT_THAT(divide_room(0, {0, 0, 0}), ElementsAre(0, 0, 0));
  EXPECT_THAT(divide_room(0, {5, 0}), ElementsAre(0, 0));
}

TEST(DivideRoom, what_one_broker_holds_beyond_its_part_is_missing_elsewhere) {
  EXPECT_THAT(divide_room(10, {9, 0}), ElementsAre(9, 1));
  EXPECT_THAT(divide_room(10, {10, 0}), ElementsAre(10, 1));
  EXPECT_THAT(divide_room(10, {2, 0}), ElementsAre(5, 5));
}

TEST(DivideRoom, no_brokers_no_parts) {
  EXPECT_TRUE(divide_room(10, {}).empty());
}

TEST(DivideRoom, never_gives_more_than_the_room_and_one_a_broker) {
  std::mt19937 dice(5);
  for (int round = 0; round < 10'000; ++round) {
    std::vector<std::uint64_t> outstanding(1 + dice() % 5);
    for (auto& it : outstanding) it = dice() % 20;
    std::uint64_t room = 1 + dice() % 60;
    auto targets = divide_room(room, outstanding);
    std::uint64_t held = std::accumulate(outstanding.begin(), outstanding.end(), std::uint64_t{0});
    std::uint64_t total = std::accumulate(targets.begin(), targets.end(), std::uint64_t{0});
    ASSERT_LE(total, std::max(room, held) + outstanding.size() - 1);
    ASSERT_GE(total, std::max(room, held));
    for (std::size_t i = 0; i < targets.size(); ++i)
      ASSERT_GE(targets[i], std::max<std::uint64_t>(outstanding[i], 1));
  }
}

}  // namespace
}  // namespace certfleet::bus
