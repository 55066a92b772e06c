// What must be back after a fault, and how soon. With the settings of production.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/clock.h"
#include "tests/faults/house.h"
#include "tests/faults/wrong_clock.h"
#include "tests/support/eventually.h"

namespace certfleet::faults {
namespace {

using namespace std::chrono_literals;
using Recipe = Task::Recipe;
using testing::eventually;
using ::testing::IsEmpty;

constexpr const char* production = "slots = 4\n";
constexpr const char* traced = "slots = 4\n[bench]\ntraces = true\n";

TEST(RecoveryTest, jobs_of_a_killed_and_of_a_frozen_worker_run_elsewhere_within_17_seconds) {
  House house({.worker_settings = production});
  house.start_all();
  EXPECT_EQ(house.stop("worker-3"), 0);
  house.enqueue(8, Recipe::stuck);  // fill both
  ASSERT_TRUE(eventually(20s, [&] {
    return house.count("SELECT count(*) FROM job WHERE state = 'running'") == 8;
  })) << house.tell();
  house.start("worker-3");
  ASSERT_TRUE(house.process("worker-3").wait_for_line("opened", 20s));

  auto start = Monotonic::now();
  house.kill("worker-1");
  house.freeze("worker-2");
  EXPECT_TRUE(eventually(25s, [&] { return house.live() == 0; })) << house.tell();
  auto took = std::chrono::duration<double>(Monotonic::now() - start).count();
  fmt::print("all ended elsewhere after {:.1f} s\n", took);
  EXPECT_LE(took, 17.0);

  // What the frozen one still brings comes too late.
  house.thaw("worker-2");
  EXPECT_TRUE(house.process("worker-2").wait_for_line("lost; stopping what runs", 20s)) << house.tell();
  EXPECT_EQ(house.stop("worker-2"), 0);
  EXPECT_THAT(house.wrongs(), IsEmpty());
  EXPECT_EQ(house.count("SELECT min(crashes) FROM job_history"), 1);
}

TEST(RecoveryTest, a_worker_whose_clock_is_wrong_by_an_hour_works_like_any_other) {
  House house({.schedulers = 1,
               .brokers = 1,
               .workers = 2,
               .env = {{"worker-1", wrong_clock("+1h")}, {"worker-2", wrong_clock("-1h")}}});
  house.start_all();
  ASSERT_NE(house.process("worker-1").err().substr(0, 13), house.process("worker-2").err().substr(0, 13))
      << "their clocks agree: " << house.tell();
  house.enqueue(40, Recipe::slow);
  house.enqueue(4, Recipe::flaky);
  EXPECT_TRUE(house.all_end_within(60s)) << house.tell();
  EXPECT_THAT(house.wrongs(), IsEmpty());
  EXPECT_EQ(house.count("SELECT count(*) FROM job_history WHERE crashes > 0"), 0);
  EXPECT_EQ(
      house.count("SELECT count(*) FROM job_history WHERE abs(extract(epoch FROM ended_at - now())) > 600"),
      0);
}

// Jobs that do nothing but leave a trace, so that what is measured is the pipeline.
class SpeedTest : public ::testing::Test {
 protected:
  SpeedTest() : house_({.workers = 2, .worker_settings = traced, .worker_program = "noop-worker"}) {
    house_.start_all();
  }
  // More than the workers can end while the test runs.
  static constexpr int backlog = 1'500'000;

  void fill(int jobs) {
    house_.sql(
        fmt::format("INSERT INTO certfleet.job (queue, state, kind, priority, attempts_max, time_limit)"
                    " SELECT 'verify', 'ready', 'verify.node', 4, 4, '1 min' FROM generate_series(1, {})",
                    jobs));
  }
  std::int64_t ended() { return house_.count("SELECT count(*) FROM job_history"); }
  bool ends_so_many_more(std::int64_t jobs) {
    auto goal = ended() + jobs;
    return eventually(60s, [&] { return ended() >= goal; });
  }
  // Ends a second from then on, the median of so many seconds.
  double speed(const std::string& from, int seconds) {
    auto text = house_.sql(
        fmt::format("SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY n) FROM (SELECT count(ended_at) AS n"
                    " FROM generate_series(0, {} - 1) AS s LEFT JOIN certfleet.job_history ON ended_at >= {} "
                    "+ s * interval '1 s'"
                    " AND ended_at < {} + (s + 1) * interval '1 s' GROUP BY s) AS seconds",
                    seconds, from, from));
    return std::stod(text);
  }
  std::string now() { return "timestamptz '" + house_.sql("SELECT clock_timestamp()") + "'"; }

  House house_;
};

TEST_F(SpeedTest,
       after_a_restart_of_the_database_it_is_back_within_10_seconds_without_a_restart_of_anything) {
  fill(backlog);
  ASSERT_TRUE(ends_so_many_more(5'000)) << house_.tell();
  auto before = now();
  ASSERT_TRUE(eventually(30s, [&] {
    return house_.count("SELECT (clock_timestamp() > " + before + " + interval '4 s')::int") == 1;
  }));
  auto pids = [&] {
    std::vector<pid_t> all;
    for (const auto& name : house_.daemons()) all.push_back(house_.process(name).pid());
    return all;
  };
  auto those = pids();
  house_.postgres().restart_immediately();
  auto up = now();
  ASSERT_TRUE(eventually(30s, [&] {
    return house_.count("SELECT (clock_timestamp() > " + up + " + interval '11 s')::int") == 1;
  }));
  auto first = house_.sql("SELECT extract(epoch FROM min(ended_at) - " + up +
                          ") FROM certfleet.job_history WHERE ended_at > " + up);
  double full = speed(before, 4);
  double again = speed(up + " + interval '6 s'", 5);
  ASSERT_GT(house_.live(), 0) << "the backlog ended before the measurement";
  fmt::print(
      "{:.0f} jobs/s before, {:.0f} from the sixth to the eleventh second after it; the first ended after {} "
      "s\n",
      full, again, first);
  EXPECT_GE(again, 0.8 * full) << house_.tell();
  EXPECT_EQ(pids(), those);
  for (const auto& name : house_.daemons()) EXPECT_TRUE(house_.runs(name)) << name;
}

TEST_F(SpeedTest, with_all_brokers_dead_it_keeps_four_fifths_of_the_speed) {
  fill(backlog);
  ASSERT_TRUE(ends_so_many_more(5'000)) << house_.tell();
  std::vector<double> with, without;
  auto measure = [&](std::vector<double>& into) {
    auto from = now();
    ASSERT_TRUE(eventually(30s, [&] {
      return house_.count("SELECT (clock_timestamp() > " + from + " + interval '2 s')::int") == 1;
    }));
    into.push_back(speed(from, 2));
  };
  for (int i = 0; i < 3; ++i) {
    measure(with);
    for (const auto& name : house_.daemons("broker")) house_.kill(name);
    measure(without);
    house_.revive();
    for (const auto& name : house_.daemons("broker"))
      ASSERT_TRUE(house_.process(name).wait_for_line("listening on", 20s));
  }
  ASSERT_GT(house_.live(), 0) << "the backlog ended before the measurement";
  std::sort(with.begin(), with.end());
  std::sort(without.begin(), without.end());
  fmt::print("{:.0f} jobs/s with brokers, {:.0f} without: {:.2f}\n", with[1], without[1],
             without[1] / with[1]);
  EXPECT_GE(without[1], 0.8 * with[1]);
}

}  // namespace
}  // namespace certfleet::faults
