// What must be back after a fault, and how soon. With the settings of production.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "lib/base/clock.h"
#include "lib/store/jobs.h"
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
    return house.count("SELECT count(*) FROM job WHERE job.state = 'running'") == 8;
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

// The lock of the one that listens stays with it, and what it was told waits there; the scheduler was told, too.
TEST(RecoveryTest, a_persons_job_runs_elsewhere_though_the_worker_that_listens_is_frozen) {
  House house({.workers = 2, .worker_settings = production});
  house.start_all();
  ASSERT_TRUE(eventually(20s, [&] {
    return house.count("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
                       " AND classid::bigint >> 8 = x'656172'::bigint") == 1;
  })) << house.tell();
  for (const auto& name : house.daemons("worker")) {  // one of the two listens
    house.freeze(name);
    auto before = house.ended();
    house.enqueue(1);
    house.sql(fmt::format("SELECT pg_notify('{}', concat_ws(' ', id, queue, 0, 0, priority)) FROM certfleet.job",
                          store::jobs::channel));
    EXPECT_TRUE(eventually(25s, [&] { return house.ended() == before + 1; })) << name << house.tell();
    house.thaw(name);
  }
  EXPECT_THAT(house.wrongs(), IsEmpty());
}

TEST(RecoveryTest, a_worker_whose_clock_is_wrong_by_an_hour_works_like_any_other) {
  House house({.schedulers = 1,
               .brokers = 1,
               .workers = 2,
               .worker_settings = production,
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
  static constexpr int window_s = 3;

  // More than the workers end in a few seconds.
  void fill(int jobs) {
    house_.sql(
        fmt::format("INSERT INTO certfleet.job (queue, admitted, kind, priority, attempts_max, time_limit)"
                    " SELECT 'verify', true, 'verify.node', 4, 4, '1 min' FROM generate_series(1, {})",
                    jobs));
  }
  // Never in the middle of a measurement.
  void fill_up() {
    if (house_.live() < 200'000) fill(300'000);
  }
  bool some_end() {
    auto goal = house_.ended() + 5'000;
    return eventually(60s, [&] { return house_.ended() >= goal; });
  }
  // The median of what ended in each of the last seconds.
  double speed(int seconds) {
    return std::stod(house_.sql(fmt::format(
        "WITH last AS MATERIALIZED (SELECT clock_timestamp() AS until),"
        " ends AS (SELECT floor(extract(epoch FROM until - ended_at)) AS s FROM certfleet.job_history, last"
        " WHERE ended_at >= until - interval '{0} s' AND ended_at < until)"
        " SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY n) FROM (SELECT count(ends.s) AS n"
        " FROM generate_series(0, {0} - 1) AS s LEFT JOIN ends ON ends.s = s.s GROUP BY s.s) AS seconds",
        seconds)));
  }
  static void pass(std::chrono::milliseconds span) {
    auto until = Monotonic::now() + span;
    eventually(span + 1s, [&] { return Monotonic::now() >= until; });
  }

  House house_;
};

TEST_F(SpeedTest,
       after_a_restart_of_the_database_it_is_back_within_10_seconds_without_a_restart_of_anything) {
  fill(400'000);
  ASSERT_TRUE(some_end()) << house_.tell();
  pass(window_s * 1s);
  auto full = speed(window_s);
  auto pids = [&] {
    std::vector<pid_t> all;
    for (const auto& name : house_.daemons()) all.push_back(house_.process(name).pid());
    return all;
  };
  auto those = pids();
  fill_up();
  house_.postgres().restart_immediately();
  auto up = Monotonic::now();
  auto since = [&] { return std::chrono::duration<double>(Monotonic::now() - up).count(); };
  double again = 0;
  while (again < 0.8 * full && since() < 10 && house_.live() != 0) {
    pass(since() < window_s ? window_s * 1s : 500ms);
    again = speed(window_s);
  }
  fmt::print("{:.0f} jobs/s before, {:.0f} over {} seconds, {:.1f} seconds after it\n", full, again, window_s, since());
  EXPECT_GE(again, 0.8 * full) << house_.live() << " jobs are left: " << house_.tell();
  EXPECT_EQ(pids(), those);
  for (const auto& name : house_.daemons()) EXPECT_TRUE(house_.runs(name)) << name;
}

TEST_F(SpeedTest, with_all_brokers_dead_it_keeps_four_fifths_of_the_speed) {
  fill(400'000);
  ASSERT_TRUE(some_end()) << house_.tell();
  std::vector<double> with, without;
  auto measure = [&](std::vector<double>& into) {
    fill_up();
    pass(1500ms);  // the first of it is for whoever has to do without, or with them again
    into.push_back(speed(1));
    ASSERT_GT(house_.live(), 0) << "the backlog ended before the measurement";
  };
  for (int i = 0; i < 3; ++i) {
    measure(with);
    for (const auto& name : house_.daemons("broker")) house_.kill(name);
    measure(without);
    house_.revive();
    for (const auto& name : house_.daemons("broker"))
      ASSERT_TRUE(house_.process(name).wait_for_line("listening on", 20s));
  }
  std::sort(with.begin(), with.end());
  std::sort(without.begin(), without.end());
  fmt::print("{:.0f} jobs/s with brokers, {:.0f} without: {:.2f}\n", with[1], without[1],
             without[1] / with[1]);
  EXPECT_GE(without[1], 0.8 * with[1]);
}

}  // namespace
}  // namespace certfleet::faults
