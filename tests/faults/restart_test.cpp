// Whole installations that are restarted, fail over and meet a job that kills, under load.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/store/job_store.h"
#include "tests/faults/feeder.h"
#include "tests/faults/house.h"
#include "tests/support/eventually.h"

namespace certfleet::faults {
namespace {

using namespace std::chrono_literals;
using Recipe = Task::Recipe;
using ::testing::IsEmpty;
using testing::eventually;

// Between two jobs that ended one after the other.
double longest_pause_ms(House& house) {
  return std::stod(
      house.sql("SELECT 1000 * max(extract(epoch FROM gap)) FROM"
                " (SELECT ended_at - lag(ended_at) OVER (ORDER BY ended_at) AS gap FROM certfleet.job_history) AS g"));
}

std::map<std::string, pid_t> pids_of(House& house) {
  std::map<std::string, pid_t> pids;
  for (const auto& name : house.daemons()) pids[name] = house.process(name).pid();
  return pids;
}

bool completes_more(House& house, int count) {
  auto before = house.ended();
  return eventually(30s, [&] { return house.ended() >= before + count; });
}

void figure(const std::string& what, double value) {
  std::printf("%s: %.0f ms\n", what.c_str(), value);
  ::testing::Test::RecordProperty("figure", fmt::format("{}: {:.0f} ms", what, value));
}

TEST(RestartTest, a_rolling_restart_of_all_daemons_under_load_loses_nothing) {
  House house({.worker_settings = "slots = 4\n"});
  house.start_all();
  Feeder feeder(house);
  EXPECT_TRUE(completes_more(house, 50)) << house.tell();
  for (const auto& name : house.daemons()) {
    EXPECT_EQ(house.stop(name), 0) << name << ": " << house.tell();
    house.start(name);
    const auto* ready = name.starts_with("worker") ? "opened" : name.starts_with("broker") ? "listening" : nullptr;
    if (ready != nullptr) {
      EXPECT_TRUE(house.process(name).wait_for_line(ready, 20s)) << name;
    }
    EXPECT_TRUE(completes_more(house, 50)) << "after " << name << ": " << house.tell();
  }
  feeder.stop();
  EXPECT_TRUE(house.all_end_within(30s)) << house.tell();
  EXPECT_THAT(house.wrongs(), IsEmpty());
  EXPECT_EQ(house.sql("SELECT count(*) FROM certfleet.job_history WHERE attempts_failed > 0 OR crashes > 0"), "0");
  auto pause = longest_pause_ms(house);
  figure("rolling restart, longest pause between two completions", pause);
  EXPECT_LT(pause, 5000) << "somebody else was always there";
}

TEST(RestartTest, a_synchronous_standby_takes_over_in_mid_load_and_nothing_acknowledged_is_lost) {
  House house({.schedulers = 2, .brokers = 1, .workers = 2, .worker_settings = "slots = 4\n"});
  house.add_standby();
  house.start_all();
  auto pids = pids_of(house);
  Feeder feeder(house);
  EXPECT_TRUE(completes_more(house, 100)) << house.tell();
  house.fail_over();
  EXPECT_TRUE(completes_more(house, 100)) << house.tell();
  feeder.stop();
  EXPECT_TRUE(house.all_end_within(60s)) << house.tell();
  EXPECT_THAT(house.wrongs(), IsEmpty());
  for (const auto& [name, pid] : pids) {
    ASSERT_TRUE(house.runs(name)) << house.tell();
    EXPECT_EQ(house.process(name).pid(), pid) << name << " was not to be started again";
  }
  EXPECT_EQ(house.sql("SELECT count(*) FROM certfleet.job_history WHERE crashes > 1"), "0");
  figure("failover, longest pause between two completions", longest_pause_ms(house));
}

// Their connections live on, and each of their statements is refused there (SQLSTATE 25006).
TEST(RestartTest, a_server_that_only_reads_any_more_is_left_for_the_one_that_writes) {
  House house({.schedulers = 1, .brokers = 1, .workers = 2, .worker_settings = "slots = 4\n"});
  house.add_standby();
  house.start_all();
  auto pids = pids_of(house);
  Feeder feeder(house);
  EXPECT_TRUE(completes_more(house, 50)) << house.tell();
  house.hand_over();
  EXPECT_TRUE(completes_more(house, 50)) << house.tell();
  feeder.stop();
  EXPECT_TRUE(house.all_end_within(30s)) << house.tell();
  EXPECT_THAT(house.wrongs(), IsEmpty());
  for (const auto& [name, pid] : pids) EXPECT_EQ(house.process(name).pid(), pid) << name << " was started again";
}

TEST(RestartTest, a_job_that_kills_its_worker_each_time_ends_dead_and_the_others_go_on) {
  House house({.schedulers = 1, .brokers = 1, .workers = 2});
  house.start_all();
  std::vector<Task> tasks = {{.id = house.next_id(), .recipe = Recipe::poison}};
  for (int i = 0; i < 40; ++i)
    tasks.push_back({.id = house.next_id(), .recipe = i % 8 == 0 ? Recipe::slow : Recipe::plain});
  house.enqueue(tasks);
  auto poison = fmt::format("subject_id = {}", tasks.front().id);
  auto is_dead = [&] {
    // Neither the lapse of a session nor what the poison waits for between its crashes need be waited for here.
    for (const auto& name : house.daemons("worker"))
      if (!house.runs(name))
        house.sql(fmt::format("UPDATE certfleet.session SET expires_at = now() WHERE pid = {}",
                              house.process(name).pid()));
    house.revive();
    house.sql("UPDATE certfleet.job SET run_at = now() WHERE certfleet.state(job) = 'waiting' AND " + poison);
    return house.sql("SELECT count(*) FROM certfleet.job_dead WHERE " + poison) == "1";
  };
  EXPECT_TRUE(eventually(60s, is_dead)) << house.tell();
  EXPECT_TRUE(house.all_end_within(40s)) << house.tell();
  EXPECT_EQ(house.sql("SELECT crashes || ' ' || attempts_failed || ' ' || error FROM certfleet.job_dead"),
            fmt::format("{} 0 its worker vanished {} times", store::crashes_max, store::crashes_max));
  EXPECT_EQ(house.sql("SELECT count(*) FROM certfleet.job_history WHERE outcome = 'done'"), "40");
  EXPECT_THAT(house.wrongs(), IsEmpty());
}

}  // namespace
}  // namespace certfleet::faults
