#include "lib/pipeline/held_jobs.h"

#include <gtest/gtest.h>

namespace certfleet::pipeline {
namespace {

domain::Job job(std::int64_t id, std::int64_t site, std::int64_t service, std::int16_t priority = 4) {
  domain::Job job;
  job.id = JobId(id);
  job.site = SiteId(site);
  job.service = ServiceId(service);
  job.priority = priority;
  return job;
}

std::vector<std::int64_t> all(HeldJobs& held) {
  std::vector<std::int64_t> ids;
  for (const auto& it : held.take_all()) ids.push_back(it.id.value());
  return ids;
}

TEST(HeldJobs, are_taken_by_sites_and_services_in_turn) {
  HeldJobs held;
  for (int id : {1, 2, 3, 4}) held.add(job(id, 1, 71), {});
  EXPECT_EQ(held.take()->id, JobId(1));
  held.add(job(5, 1, 72), {});
  held.add(job(6, 2, 71), {});
  held.add(job(7, 2, 71), {});
  EXPECT_EQ(all(held), (std::vector<std::int64_t>{2, 5, 6, 3, 7, 4}));
  EXPECT_TRUE(held.empty());
  EXPECT_FALSE(held.take());
}

TEST(HeldJobs, urgent_ones_overtake_but_one_in_eight_is_less_urgent) {
  HeldJobs held;
  for (int id = 1; id <= 3; ++id) held.add(job(id, 1, 71, 8), {});
  for (int id = 11; id <= 26; ++id) held.add(job(id, 1, 71, 0), {});
  EXPECT_EQ(all(held), (std::vector<std::int64_t>{11, 12, 13, 14, 15, 16, 17, 1, 18, 19, 20, 21, 22, 23, 24, 2, 25,
                                                  26, 3}));
}

TEST(HeldJobs, old_ones_can_be_taken_out) {
  HeldJobs held;
  Instant then{};
  held.add(job(1, 1, 71), then);
  held.add(job(2, 1, 72), then);
  held.add(job(3, 1, 71), then + std::chrono::seconds(1));
  EXPECT_TRUE(held.take_older(then).empty());
  EXPECT_EQ(held.take_older(then + std::chrono::seconds(1)).size(), 2u);
  EXPECT_EQ(all(held), std::vector<std::int64_t>{3});
  EXPECT_TRUE(held.empty());
}

}  // namespace
}  // namespace certfleet::pipeline
