// A database whose disk is full: nothing that was acknowledged is lost, and once there is room again work
// goes on by itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "lib/base/error.h"
#include "tests/faults/house.h"
#include "tests/support/eventually.h"

namespace certfleet::faults {
namespace {

using namespace std::chrono_literals;
using Recipe = Task::Recipe;
using testing::eventually;
using ::testing::IsEmpty;

TEST(DiskTest, while_the_databases_disk_is_full_jobs_wait_and_then_all_end) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root: a disk of its own";
  House house(
      {.cluster = {.settings = {{"min_wal_size", "32MB"}, {"max_wal_size", "64MB"}}, .disk_mb = 300}});
  house.start_all();
  house.enqueue(50, Recipe::outside);
  house.postgres().fill_disk();
  // Work goes on as long as what there is of the log and the tables has room; then nothing can be written.
  bool full = eventually(60s, [&] {
    try {
      house.enqueue(200, Recipe::plain);
      return false;
    } catch (const Failure&) {
      return true;
    }
  });
  EXPECT_TRUE(full);
  for (const auto& name : house.daemons("worker")) EXPECT_TRUE(house.runs(name)) << house.tell();
  house.postgres().free_disk();
  EXPECT_TRUE(house.all_end_within(120s)) << house.tell();
  EXPECT_THAT(house.wrongs(), IsEmpty());
  EXPECT_THAT(house.bad_ends(), IsEmpty());
}

}  // namespace
}  // namespace certfleet::faults
