// What comes late: an answer to a worker, on whose strength it must not act, and a worker's results.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/faults/house.h"
#include "tests/support/eventually.h"

namespace certfleet::faults {
namespace {

using namespace std::chrono_literals;
using Recipe = Task::Recipe;
using testing::eventually;
using ::testing::IsEmpty;

// The commit that lets it act is done in the database, and its answer comes when others have long done the
// job.
TEST(LateAnswerTest, a_commit_whose_answer_comes_after_the_session_lapsed_lets_nobody_act) {
  House house({.schedulers = 1, .brokers = 1, .workers = 2});
  house.start_all();
  house.stop("worker-2");
  std::atomic<bool> asked{false};
  auto& link = house.link("worker-1", "postgres");
  house.outside().on_question([&] {
    if (!asked.exchange(true)) link.withhold_answers("COMMIT");  // of the look whether the job is still its own
  });
  Task task{.id = house.next_id(), .recipe = Recipe::outside};
  house.enqueue(std::span(&task, 1));
  ASSERT_TRUE(eventually(20s, [&] { return asked.load(); })) << house.tell();
  // It stops in time, although it waits for an answer.
  EXPECT_TRUE(house.process("worker-1").wait_for_line("lost; stopping what runs", 10s)) << house.tell();

  house.start("worker-2");
  ASSERT_TRUE(eventually(30s, [&] { return house.live() == 0; })) << house.tell();
  link.mend();
  EXPECT_TRUE(house.process("worker-1").wait_for_line("left to others", 20s)) << house.tell();
  house.enqueue(10, Recipe::outside);  // and it works again
  EXPECT_TRUE(house.all_end_within(30s)) << house.tell();
  EXPECT_THAT(house.wrongs(), IsEmpty());
}

// The end of a first attempt reaches the database while a second one of the same job runs.
TEST(LateAnswerTest, results_that_come_while_another_worker_has_the_job_change_nothing) {
  // The session outlives the first attempt, wherever in its beat that begins.
  House house({.schedulers = 1,
               .brokers = 1,
               .workers = 2,
               .worker_settings = "slots = 4\nheartbeat_s = 1\nsession_life_s = 3\n"});
  house.start_all();
  house.stop("worker-2");
  auto& link = house.link("worker-1", "postgres");
  auto running = [&](int fence) {
    return eventually(20s, [&] {
      return house.count("SELECT count(*) FROM job WHERE job.state = 'running' AND fence = " +
                         std::to_string(fence)) == 1;
    });
  };
  house.enqueue(20);  // all its connections are there
  ASSERT_TRUE(house.all_end_within(20s)) << house.tell();
  Task task{.id = house.next_id(), .recipe = Recipe::later};
  house.enqueue(std::span(&task, 1));
  ASSERT_TRUE(eventually(20s, [&] { return house.count("SELECT count(*) FROM faults.intent") == 1; }))
      << house.tell();
  link.half_open();
  house.start("worker-2");
  ASSERT_TRUE(running(3)) << house.tell();
  link.mend();
  EXPECT_TRUE(house.process("worker-1").wait_for_line("came too late", 20s)) << house.tell();
  EXPECT_TRUE(running(3)) << "the first attempt has ended the second";
  OutsideClient(house.outside().port(), 5s).act(reference_of(task.id));
  EXPECT_TRUE(house.all_end_within(30s)) << house.tell();
  EXPECT_THAT(house.wrongs(), IsEmpty());
}

}  // namespace
}  // namespace certfleet::faults
