// Signs of life on a real database, with the daemons' rights.
#include "lib/store/daemons.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/database/database.h"

namespace certfleet::store::daemons {
namespace {

class StillClock final : public Clock {
 public:
  Instant now() const override { return time; }
  WallTime wall() const override { return std::chrono::system_clock::from_time_t(1'800'000'000); }
  Instant time{};
};

class DaemonsTest : public ::testing::Test {
 protected:
  std::vector<Row> living() {
    Database viewer(db_.settings());
    return viewer.reading([](Tx& tx) { return daemons::living(tx); });
  }

  testing::TestDatabase db_;
  StillClock clock_;
  Database scheduler_{db_.settings_as("certfleet_scheduler")};
  Database broker_{db_.settings_as("certfleet_broker")};
};

TEST_F(DaemonsTest, a_daemon_is_shown_from_its_first_sign_until_it_leaves) {
  Presence scheduler({"scheduler", std::nullopt}, clock_);
  Presence broker({"broker", "tcp://0.0.0.0:9020"}, clock_);
  EXPECT_TRUE(living().empty());
  scheduler.show(scheduler_, true);
  broker.show(broker_);
  auto rows = living();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].program, "scheduler");
  EXPECT_TRUE(rows[0].leads);
  EXPECT_EQ(rows[0].pid, ::getpid());
  EXPECT_EQ(rows[0].started_at, clock_.wall());
  EXPECT_FALSE(rows[0].host.empty());
  EXPECT_EQ(rows[1].endpoint, "tcp://0.0.0.0:9020");
  scheduler.leave(scheduler_);
  broker.leave(broker_);
  EXPECT_TRUE(living().empty());
}

TEST_F(DaemonsTest, it_writes_every_five_seconds_and_when_it_begins_or_ends_to_lead) {
  Presence scheduler({"scheduler", std::nullopt}, clock_);
  auto written = [&] {
    auto before = db_.sql("SELECT xmin FROM daemon");
    scheduler.show(scheduler_, true);
    return db_.sql("SELECT xmin FROM daemon") != before;
  };
  scheduler.show(scheduler_, false);
  EXPECT_TRUE(written()) << "it leads now";
  EXPECT_FALSE(written());
  clock_.time += std::chrono::seconds(5);
  EXPECT_TRUE(written());
}

TEST_F(DaemonsTest, a_silent_daemon_counts_as_gone_and_is_back_with_its_next_sign) {
  Presence scheduler({"scheduler", std::nullopt}, clock_);
  scheduler.show(scheduler_, true);
  EXPECT_EQ(db_.sql("SELECT expires_at - seen_at = interval '15 s' FROM daemon"), "t");
  db_.sql("UPDATE daemon SET expires_at = now()");
  EXPECT_TRUE(living().empty());
  Presence another({"scheduler", std::nullopt}, clock_);
  another.show(scheduler_, true);
  EXPECT_EQ(db_.sql("SELECT count(*) FROM daemon"), "1") << "who is gone is swept";
  clock_.time += std::chrono::seconds(5);
  scheduler.show(scheduler_, false);
  EXPECT_EQ(living().size(), 2U);
}

TEST_F(DaemonsTest, who_listens_where_another_did_takes_its_place) {
  Presence killed({"broker", "tcp://0.0.0.0:9020"}, clock_);
  Presence beside({"broker", "tcp://0.0.0.0:9021"}, clock_);
  killed.show(broker_);
  beside.show(broker_);
  Presence next({"broker", "tcp://0.0.0.0:9020"}, clock_);
  next.show(broker_);
  EXPECT_EQ(living().size(), 2U);
}

TEST_F(DaemonsTest, what_can_not_be_written_is_of_no_consequence) {
  Database stranger(db_.settings_as("certfleet_csr"));
  Presence scheduler({"scheduler", std::nullopt}, clock_);
  EXPECT_NO_THROW(scheduler.show(stranger, true));
  EXPECT_TRUE(living().empty());
  clock_.time += std::chrono::seconds(5);
  scheduler.show(scheduler_, true);
  EXPECT_EQ(living().size(), 1U);
}

}  // namespace
}  // namespace certfleet::store::daemons
