// Seeds are lives. A failing one prints what repeats it: SIMULATION_SEED=… runs that life alone.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/simulation/process.h"
#include "tests/simulation/world.h"

namespace certfleet::simulation {
namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// Some of everything differs from life to life.
Setting setting_of(std::uint64_t seed) {
  Random random(seed * 7919);
  Setting setting;
  setting.brokers = random.between(1, 3);
  setting.schedulers = random.between(1, 3);
  setting.workers = random.between(1, 5);
  setting.frame_lost = random.chance(0.2) ? 0.5 : random.unit() * 0.1;
  setting.commit_in_doubt = random.unit() * 0.1;
  setting.database_away = random.unit() * 0.1;
  setting.break_every = random.span(1000, 20'000);
  setting.slow_jobs = random.chance(0.3) ? 0.3 : 0.02;
  return setting;
}

std::vector<std::string> live(std::uint64_t seed, const std::function<void(Setting&)>& change = [](Setting&) {}) {
  auto setting = setting_of(seed);
  change(setting);
  return World(seed, setting).live();
}

TEST(Life, whatever_breaks_every_job_ends_once) {
  auto only = number_from("SIMULATION_SEED", 0);
  auto lives = number_from("SIMULATION_LIVES", 300);
  auto first = only != 0 ? only : 1;
  auto last = only != 0 ? only : lives;
  for (auto seed = first; seed <= last; ++seed) {
    auto wrongs = live(seed);
    for (const auto& wrong : wrongs) ADD_FAILURE() << "SIMULATION_SEED=" << seed << ": " << wrong;
    if (!wrongs.empty()) return;
  }
}

TEST(Life, the_same_seed_is_the_same_life) {
  World one(42, setting_of(42));
  World two(42, setting_of(42));
  EXPECT_EQ(one.live(), two.live());
  EXPECT_EQ(one.now(), two.now());
  EXPECT_EQ(one.ledger.ends(), two.ledger.ends());
}

// Without what guards it, the pipeline must be seen to fail: in some of the first lives.
::testing::AssertionResult fails(const std::function<void(Setting&)>& change, const std::string& how) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed)
    for (const auto& wrong : live(seed, change))
      if (wrong.find(how) != std::string::npos)
        return ::testing::AssertionSuccess() << "seed " << seed << ": " << wrong;
  return ::testing::AssertionFailure() << "200 lives went well";
}

TEST(WithoutTheFence, a_stale_end_is_accepted) {
  EXPECT_TRUE(fails([](Setting& s) { s.weakness.no_fence = true; }, "I2"));
}

TEST(WithoutTheSessionCheck, a_lapsed_session_claims) {
  EXPECT_TRUE(fails([](Setting& s) { s.weakness.no_session_check = true; }, "after it had lapsed"));
}

TEST(WithTheWorkersClock, jobs_are_taken_from_the_living) {
  EXPECT_TRUE(fails(
      [](Setting& s) {
        s.weakness.workers_clock = true;
        s.worker_clock_error = -1h;
      },
      ""));
}

TEST(WithAGuardInTheSelectOnly, jobs_are_taken_from_the_living) {
  EXPECT_TRUE(fails([](Setting& s) { s.weakness.guard_in_select_only = true; }, "though its worker is alive"));
}

}  // namespace
}  // namespace certfleet::simulation
