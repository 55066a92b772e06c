// Rounds of seeded faults under load. Then the faults stop, everything must end, and the books must agree.
//   CERTFLEET_FAULT_ROUNDS, CERTFLEET_FAULT_SEED: how many rounds, and the seed of the first; the next ones
//   count up from it (scripts/test faults --rounds N --seed S).
#include "tests/faults/chaos.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>

#include "tests/faults/wrong_clock.h"

namespace certfleet::faults {
namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const char* set = std::getenv(name);
  return set == nullptr ? otherwise : std::stoull(set);
}

void one_round(std::uint64_t seed) {
  // One worker's clock is an hour ahead, another's an hour behind; nothing may come of it.
  // As root the database has a disk of its own, small enough to be filled.
  House house({.cluster = {.settings = {{"min_wal_size", "32MB"}, {"max_wal_size", "64MB"}},
                           .disk_mb = ::geteuid() == 0 ? 300 : 0},
               .outside_silent_one_in = 5,
               .env = {{"worker-1", wrong_clock("+1h")}, {"worker-2", wrong_clock("-1h")}}});
  house.start_all();
  Chaos chaos(house, seed);
  chaos.rage();
  bool ended = house.all_end_within(120s);
  auto wrongs = house.wrongs();
  EXPECT_TRUE(ended) << house.live() << " jobs still live";
  EXPECT_THAT(wrongs, IsEmpty());
  EXPECT_THAT(house.bad_ends(), IsEmpty());
  auto done = house.count("SELECT count(*) FROM job_history WHERE outcome = 'done'");
  auto taken_back = house.count("SELECT count(*) FROM job_history WHERE deliveries > attempts_failed + 1");
  fmt::print("seed {}: {} done, {} of all more than once delivered, {} dead\n", seed, done, taken_back,
             house.count("SELECT count(*) FROM job_dead"));
  std::string story;
  for (const auto& line : chaos.story()) story += "  " + line + "\n";
  if (std::getenv("CERTFLEET_FAULT_ROUNDS") != nullptr) fmt::print("{}", story);
  if (::testing::Test::HasFailure()) {
    ADD_FAILURE() << "seed " << seed << ":\n"
                  << story << house.tell() << "\nAgain: scripts/test faults --rounds 1 --seed " << seed;
  }
}

TEST(ChaosTest, whatever_dies_every_job_ends_once_and_acts_once) {
  auto rounds = from_environment("CERTFLEET_FAULT_ROUNDS", 1);
  auto seed = from_environment("CERTFLEET_FAULT_SEED", 1);
  for (std::uint64_t i = 0; i < rounds && !::testing::Test::HasFailure(); ++i) one_round(seed + i);
}

}  // namespace
}  // namespace certfleet::faults
