#include "broker/ring.h"

#include <gmock/gmock.h>

#include <map>
#include <random>
#include <set>

namespace certfleet::broker {
namespace {

using namespace std::chrono_literals;
using domain::Queue;
using ::testing::ElementsAre;
using Put = Ring::Put;

JobRef ref(std::int64_t id, std::int64_t site = 0, std::int64_t service = 0, std::int16_t priority = 4) {
  return {.id = JobId(id),
          .queue = Queue::apply,
          .site = SiteId(site),
          .service = ServiceId(service),
          .priority = priority};
}

const Instant start{1000s};

std::vector<std::int64_t> drain(Ring& ring, std::int64_t site = 0) {
  std::vector<std::int64_t> ids;
  while (auto taken = ring.take(SiteId(site))) ids.push_back(taken->id.value());
  return ids;
}

TEST(Ring, gives_the_most_urgent_first_and_the_oldest_of_a_service) {
  Ring ring(100);
  ring.put(ref(1, 0, 0, 8), start);
  ring.put(ref(2, 0, 0, 4), start);
  ring.put(ref(3, 0, 0, 4), start);
  ring.put(ref(4, 0, 0, 0), start);
  EXPECT_THAT(drain(ring), ElementsAre(4, 2, 3, 1));
}

TEST(Ring, the_services_of_a_site_take_turns) {
  Ring ring(100);
  for (int i = 1; i <= 3; ++i) ring.put(ref(i, 0, 71), start);
  for (int i = 4; i <= 5; ++i) ring.put(ref(i, 0, 72), start);
  ring.put(ref(6, 0, 73), start);
  EXPECT_THAT(drain(ring), ElementsAre(1, 4, 6, 2, 5, 3));
}

TEST(Ring, the_sites_take_turns_however_many_services_they_have) {
  Ring ring(100);
  for (int i = 1; i <= 4; ++i) ring.put(ref(i, 1, 70 + i), start);
  for (int i = 5; i <= 6; ++i) ring.put(ref(i, 2, 80), start);
  EXPECT_THAT(drain(ring), ElementsAre(1, 5, 2, 6, 3, 4));
}

TEST(Ring, a_hundred_thousand_offers_of_one_service_do_not_hold_up_another) {
  Ring ring(200'000);
  for (int i = 1; i <= 100'000; ++i) ring.put(ref(i, 1, 71), start);
  ring.put(ref(200'001, 1, 72), start);
  EXPECT_EQ(ring.take(SiteId())->id, JobId(1));
  EXPECT_EQ(ring.take(SiteId())->id, JobId(200'001));
  EXPECT_EQ(ring.take(SiteId())->id, JobId(2));
}

TEST(Ring, a_worker_of_a_site_gets_what_is_of_its_site_or_of_none) {
  Ring ring(100);
  ring.put(ref(1, 1), start);
  ring.put(ref(2, 2), start);
  ring.put(ref(3, 0), start);
  EXPECT_THAT(drain(ring, 1), ElementsAre(1, 3));
  EXPECT_THAT(drain(ring, 9), ElementsAre());
  EXPECT_THAT(drain(ring), ElementsAre(2));
}

TEST(Ring, a_site_and_none_take_turns_for_its_worker_and_urgency_comes_first) {
  Ring ring(100);
  for (int i : {1, 2}) ring.put(ref(i, 1), start);
  for (int i : {3, 4}) ring.put(ref(i, 0), start);
  ring.put(ref(5, 0, 0, 0), start);
  ring.put(ref(6, 1, 0, 8), start);
  EXPECT_THAT(drain(ring, 1), ElementsAre(5, 1, 3, 2, 4, 6));
}

TEST(Ring, one_in_eight_is_less_urgent_so_that_nothing_starves) {
  Ring ring(1000);
  for (int i = 1; i <= 200; ++i) ring.put(ref(i, 0, 71, 0), start);
  for (int i = 201; i <= 400; ++i) ring.put(ref(i, 0, 71, 4), start);
  for (int i = 401; i <= 600; ++i) ring.put(ref(i, 0, 71, 8), start);
  std::map<std::int16_t, int> taken;
  for (int i = 1; i <= 192; ++i) {
    auto priority = ring.take(SiteId())->priority;
    EXPECT_EQ(priority == 0, i % 8 != 0) << i;
    ++taken[priority];
  }
  EXPECT_EQ(taken[0], 168);
  EXPECT_EQ(taken[4], 21);
  EXPECT_EQ(taken[8], 3);
}

TEST(Ring, the_urgent_do_not_wait_for_what_comes_when_they_have_had_their_turns) {
  Ring ring(1000);
  for (int i = 1; i <= 100; ++i) ring.put(ref(i, 0, 71, 0), start);
  for (int i = 1; i <= 50; ++i) EXPECT_EQ(ring.take(SiteId())->priority, 0);
  ring.put(ref(201, 0, 71, 4), start);
  for (int i = 1; i <= 7; ++i) EXPECT_EQ(ring.take(SiteId())->priority, 0);
  EXPECT_EQ(ring.take(SiteId())->priority, 4);
}

TEST(Ring, the_less_urgent_of_a_site_get_their_turns_from_its_own_workers) {
  Ring ring(1000);
  for (int i = 1; i <= 300; ++i) ring.put(ref(i, 0, 71, 0), start);
  ring.put(ref(401, 1, 71, 4), start);
  ring.put(ref(402, 2, 71, 4), start);
  ring.put(ref(403, 0, 71, 4), start);
  std::set<JobId> taken;
  for (int i = 1; i <= 40; ++i)  // workers of sites 1 and 2 in turn, in step with the eight
    for (int site : {1, 2}) taken.insert(ring.take(SiteId(site))->id);
  EXPECT_TRUE(taken.contains(JobId(401)));
  EXPECT_TRUE(taken.contains(JobId(402)));
}

TEST(Ring, a_job_waits_only_once) {
  Ring ring(100);
  EXPECT_EQ(ring.put(ref(1), start), Put::taken);
  EXPECT_EQ(ring.put(ref(1), start + 1s), Put::duplicate);
  EXPECT_EQ(ring.size(), 1U);
  ring.take(SiteId());
  EXPECT_EQ(ring.put(ref(1), start + 2s), Put::taken);
}

TEST(Ring, what_is_too_old_is_dropped) {
  Ring ring(100);
  for (int i = 0; i < 10; ++i)
    ring.put(ref(i + 1, i % 2, i % 3, static_cast<std::int16_t>(i % 4)), start + i * 1s);
  EXPECT_EQ(ring.expire(start + 7s), 7U);
  EXPECT_THAT(drain(ring), ::testing::UnorderedElementsAre(8, 9, 10));
  EXPECT_EQ(ring.expire(start + 99s), 0U);
}

TEST(Ring, when_full_it_drops_what_is_no_more_urgent_than_what_is_there) {
  Ring ring(2);
  ring.put(ref(1), start);
  ring.put(ref(2), start);
  EXPECT_EQ(ring.put(ref(3), start), Put::full);
  EXPECT_EQ(ring.put(ref(4, 0, 0, 8), start), Put::full);
  EXPECT_EQ(ring.room(), 0U);
  EXPECT_THAT(drain(ring), ElementsAre(1, 2));
}

TEST(Ring, when_full_the_newest_of_the_longest_service_gives_way_to_a_shorter_one) {
  Ring ring(3);
  for (int i = 1; i <= 3; ++i) ring.put(ref(i, 1, 71), start);
  EXPECT_EQ(ring.put(ref(4, 1, 72), start), Put::displaced);
  EXPECT_EQ(ring.put(ref(5, 1, 72), start), Put::full);
  EXPECT_EQ(ring.size(), 3U);
  EXPECT_THAT(drain(ring), ElementsAre(1, 4, 2));
}

TEST(Ring, when_full_the_least_urgent_gives_way) {
  Ring ring(3);
  ring.put(ref(1, 0, 71, 4), start);
  ring.put(ref(2, 0, 71, 4), start);
  ring.put(ref(3, 0, 72, 8), start);
  EXPECT_EQ(ring.put(ref(4, 0, 71, 0), start), Put::displaced);
  EXPECT_THAT(drain(ring), ElementsAre(4, 1, 2));
}

TEST(Ring, when_full_of_urgent_ones_an_eighth_of_the_room_is_for_the_less_urgent) {
  Ring ring(64);
  for (int i = 1; i <= 64; ++i) ring.put(ref(i, 0, 71, 0), start);
  for (int i = 101; i <= 108; ++i) EXPECT_EQ(ring.put(ref(i, 0, 71, 4), start), Put::displaced) << i;
  EXPECT_EQ(ring.put(ref(109, 0, 71, 4), start), Put::full);
  EXPECT_EQ(ring.put(ref(65, 0, 71, 0), start), Put::full) << "the last eighth does not give way";
  EXPECT_EQ(ring.put(ref(201, 0, 71, 8), start), Put::displaced) << "an eighth of the eighth";
  EXPECT_EQ(ring.put(ref(202, 0, 71, 8), start), Put::full);
  EXPECT_EQ(ring.size(), 64U);
}

TEST(Ring, when_full_of_what_is_less_urgent_all_but_an_eighth_gives_way) {
  Ring ring(64);
  for (int i = 1; i <= 64; ++i) ring.put(ref(i, 0, 71, 4), start);
  for (int i = 101; i <= 156; ++i) EXPECT_EQ(ring.put(ref(i, 0, 71, 0), start), Put::displaced) << i;
  EXPECT_EQ(ring.put(ref(157, 0, 71, 0), start), Put::full);
  EXPECT_EQ(ring.put(ref(158, 0, 72, 0), start), Put::displaced) << "of its own priority's longest";
}

// Against a plain list of what should be inside, over a long random life.
TEST(Ring, keeps_its_books_through_a_random_life) {
  std::mt19937 dice(7);
  Ring ring(50);
  std::vector<std::pair<JobRef, Instant>> inside;
  Instant now = start;
  int urgent = 0, less_urgent = 0;
  for (int step = 0; step < 50'000; ++step) {
    now += std::chrono::milliseconds(dice() % 50);
    switch (dice() % 8) {
      default: {
        JobRef fresh = ref(1 + dice() % 200, dice() % 4, dice() % 5, static_cast<std::int16_t>(dice() % 3));
        bool known =
            std::any_of(inside.begin(), inside.end(), [&](auto& it) { return it.first.id == fresh.id; });
        Put put = ring.put(fresh, now);
        ASSERT_EQ(put == Put::duplicate, known);
        ASSERT_TRUE(known || (put == Put::taken) == (inside.size() < 50));
        if (put == Put::taken) inside.push_back({fresh, now});
        if (put == Put::displaced) {  // which one went isn't told: both begin anew
          ASSERT_EQ(drain(ring).size(), 50U);
          inside.clear();
        }
        break;
      }
      case 5:
      case 6: {
        SiteId site(static_cast<std::int64_t>(dice() % 4));
        auto eligible = [&](const JobRef& it) { return !site || !it.site || it.site == site; };
        auto taken = ring.take(site);
        std::set<std::int16_t> waiting;
        for (auto& [it, at] : inside)
          if (eligible(it)) waiting.insert(it.priority);
        ASSERT_EQ(taken.has_value(), !waiting.empty());
        if (!taken) break;
        ASSERT_TRUE(eligible(*taken));
        ASSERT_TRUE(waiting.contains(taken->priority));
        (taken->priority == *waiting.begin() ? urgent : less_urgent) += waiting.size() > 1 ? 1 : 0;
        ASSERT_EQ(std::erase_if(inside, [&](auto& it) { return it.first == *taken; }), 1U);
        break;
      }
      case 7: {
        Instant before = now - 1s;
        ASSERT_EQ(ring.expire(before), std::erase_if(inside, [&](auto& it) { return it.second < before; }));
      }
    }
    ASSERT_EQ(ring.size(), inside.size());
  }
  EXPECT_GT(less_urgent, 0);
  EXPECT_GT(urgent, 6 * less_urgent);
}

}  // namespace
}  // namespace certfleet::broker
