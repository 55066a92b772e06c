// That the house itself can be trusted: its parts work, and its books see what is wrong.
#include "tests/faults/house.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "lib/base/error.h"
#include "tests/support/eventually.h"

namespace certfleet::faults {
namespace {

using namespace std::chrono_literals;
using Recipe = Task::Recipe;
using ::testing::Contains;
using testing::eventually;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<Task> some_of_each(House& house, int count) {
  std::vector<Task> tasks;
  for (int i = 0; i < count; ++i)
    for (auto recipe : {Recipe::plain, Recipe::outside, Recipe::chain, Recipe::slow, Recipe::flaky,
                        Recipe::failing, Recipe::keyed})
      tasks.push_back({.id = house.next_id(), .recipe = recipe, .key = recipe == Recipe::keyed ? "key" : ""});
  return tasks;
}

TEST(HouseTest, without_faults_everything_ends_and_the_books_agree) {
  House house({.outside_silent_one_in = 2});
  house.start_all();
  house.enqueue(some_of_each(house, 10));
  EXPECT_TRUE(house.all_end_within(60s)) << house.tell();
  EXPECT_THAT(house.wrongs(), IsEmpty());
  EXPECT_EQ(house.sql("SELECT count(*) FROM faults.effect WHERE what = 'done'"), "70");
  EXPECT_EQ(house.sql("SELECT count(*) FROM faults.step"), "40");
  EXPECT_EQ(house.outside().acts().size(), 10U);
  EXPECT_THAT(house.bad_ends(), IsEmpty());
  for (const auto& name : house.daemons()) EXPECT_EQ(house.stop(name), 0) << house.tell();
}

TEST(HouseTest, kills_freezes_stops_and_revives_by_name) {
  House house({.schedulers = 1, .brokers = 1, .workers = 1});
  house.start_all();
  house.kill("worker-1");
  EXPECT_FALSE(house.runs("worker-1"));
  house.revive();
  EXPECT_TRUE(house.process("worker-1").wait_for_line("opened", 20s));
  house.freeze("worker-1");
  house.enqueue(1);
  house.thaw("worker-1");
  EXPECT_TRUE(house.all_end_within(20s)) << house.tell();
  EXPECT_EQ(house.stop("worker-1"), 0);
  house.revive();
  EXPECT_FALSE(house.runs("worker-1"));  // who was stopped stays so
  house.start("worker-1");
  EXPECT_TRUE(house.runs("worker-1"));
  house.process("broker-1").signal(SIGABRT);
  house.process("broker-1").wait(10s);
  house.revive();
  EXPECT_EQ(house.bad_ends().size(), 1U);
}

TEST(HouseTest, the_database_stops_without_a_checkpoint_and_keeps_what_it_acknowledged) {
  House house({.schedulers = 0, .brokers = 0, .workers = 0});
  house.enqueue(10);
  house.postgres().stop_immediately();
  EXPECT_EQ(house.live(), -1);
  EXPECT_THROW(house.enqueue(1), Failure);
  house.postgres().start();
  EXPECT_EQ(house.live(), 10);
  EXPECT_FALSE(house.postgres().backends("").empty());
}

TEST(HouseTest, its_books_see_each_breach) {
  House house({.schedulers = 1, .brokers = 1, .workers = 1});
  house.start_all();
  auto tasks = some_of_each(house, 2);
  house.enqueue(tasks);
  ASSERT_TRUE(house.all_end_within(60s)) << house.tell();
  ASSERT_THAT(house.wrongs(), IsEmpty());
  const auto plain = std::to_string(tasks[0].id);

  // Does one thing to the books and undoes it.
  auto sees = [&](const char* wrong, const std::string& harm, const std::string& undo) {
    house.sql(harm);
    EXPECT_THAT(house.wrongs(), Contains(HasSubstr(wrong))) << harm;
    house.sql(undo);
    EXPECT_THAT(house.wrongs(), IsEmpty()) << undo;
  };
  auto moved = [](const std::string& from, const std::string& to, const std::string& task) {
    return "WITH gone AS (DELETE FROM " + from + " WHERE subject_id = " + task +
           " RETURNING *) INSERT INTO " + to + " SELECT * FROM gone";
  };
  house.sql("CREATE TABLE faults.aside (LIKE certfleet.job_history)");
  house.sql("CREATE TABLE faults.effects_aside (LIKE faults.effect)");
  sees("I1 task without an end", moved("certfleet.job_history", "faults.aside", plain),
       moved("faults.aside", "certfleet.job_history", plain));
  sees("I1 job that ended twice",
       "INSERT INTO certfleet.job_history SELECT * FROM certfleet.job_history WHERE subject_id = " + plain,
       "DELETE FROM certfleet.job_history WHERE ctid = (SELECT max(ctid) FROM certfleet.job_history"
       " WHERE subject_id = " +
           plain + ")");
  sees("I1 job still lives",
       "INSERT INTO certfleet.job (queue, admitted, kind, priority, attempts_max, time_limit, subject_id)"
       " VALUES ('csr', true, 'csr.make', 4, 1, '1 min', 7)",
       "DELETE FROM certfleet.job");
  sees("I2 effect not exactly once", "INSERT INTO faults.effect VALUES (" + plain + ", 0, 0, 'done')",
       "DELETE FROM faults.effect WHERE job = 0");
  sees("I2 effect not exactly once",
       "WITH gone AS (DELETE FROM faults.effect WHERE task = " + plain +
           " RETURNING *) INSERT INTO faults.effects_aside SELECT * FROM gone",
       "WITH gone AS (DELETE FROM faults.effects_aside RETURNING *) INSERT INTO faults.effect SELECT * FROM "
       "gone");
  sees("I2 effect of another attempt", "UPDATE faults.effect SET fence = fence + 1 WHERE task = " + plain,
       "UPDATE faults.effect SET fence = fence - 1 WHERE task = " + plain);
  sees("I2 effect without an end", "INSERT INTO faults.effect VALUES (99999, 0, 0, 'done')",
       "DELETE FROM faults.effect WHERE job = 0");
  auto next = std::to_string(follow_up(tasks[2].id));
  sees("I2 follow-up not exactly", moved("certfleet.job_history", "faults.aside", next),
       moved("faults.aside", "certfleet.job_history", next));
  // The steps of the first job of the key, once more after those of the second.
  sees("I3 steps of two jobs",
       "INSERT INTO faults.step SELECT key, 100, job, fence FROM faults.step ORDER BY n LIMIT 1",
       "DELETE FROM faults.step WHERE n = 100");
  sees("I1 task 1 was acknowledged and is gone",
       "CREATE TABLE faults.tasks_aside AS SELECT * FROM faults.task; DELETE FROM faults.task WHERE id = 1",
       "INSERT INTO faults.task SELECT * FROM faults.tasks_aside WHERE id = 1");
  OutsideClient outside(house.outside().port(), 5s);
  outside.act(reference_of(tasks[1].id));
  EXPECT_THAT(house.wrongs(), Contains(HasSubstr("I4 outside acted 2 times")));
  outside.act(reference_of(tasks[0].id));
  EXPECT_THAT(house.wrongs(), Contains(HasSubstr("without an intent")));
}

}  // namespace
}  // namespace certfleet::faults
