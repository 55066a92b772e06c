#include "lib/store/runs.h"

#include <gtest/gtest.h>

namespace certfleet::store {
namespace {

TEST(Runs, are_of_consecutive_ids_under_one_fence) {
  RunsBuilder builder;
  for (int id : {3, 4, 5, 9, 10}) builder.add(JobId(id), Fence(1));
  builder.add(JobId(11), Fence(2));
  auto runs = builder.take();
  EXPECT_EQ(runs.firsts, "{3,9,11}");
  EXPECT_EQ(runs.lasts, "{5,10,11}");
  EXPECT_EQ(runs.fences, "{1,1,2}");
  EXPECT_EQ(runs.befores, "{0,3,5}");
}

TEST(Runs, begin_anew_after_they_were_taken) {
  RunsBuilder builder;
  builder.add(JobId(1), Fence(1));
  builder.take();
  EXPECT_EQ(builder.take().firsts, "{}");
  builder.add(JobId(2), Fence(1));
  auto runs = builder.take();
  EXPECT_EQ(runs.firsts, "{2}");
  EXPECT_EQ(runs.befores, "{0}");
}

}  // namespace
}  // namespace certfleet::store
