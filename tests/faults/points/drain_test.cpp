// A drain that is interrupted costs its jobs nothing.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <signal.h>

#include "tests/faults/points/point_house.h"
#include "tests/integration/order/order_house.h"
#include "tests/support/eventually.h"

namespace certfleet::faults {
namespace {

using namespace std::chrono_literals;
using domain::Queue;

class DrainPoints : public testing::OrderHouse {
 protected:
  DrainPoints() {
    house_.start_scheduler();
    house_.start_worker(Queue::csr);
  }

  // A twin in the middle of an order that it can't end.
  testing::Process& start_busy(const std::string& then_at) {
    auto& points = house_.points();
    points.arm("order.place.before", "wait");
    if (!then_at.empty()) points.arm(then_at, "kill");
    auto& twin = house_.start_twin(Queue::order);
    order_ = start(add_service("drain", "drain.demo.test")).id;
    EXPECT_EQ(points.wait_for(0, 20s).pid, twin.pid()) << twin.err();
    return twin;
  }

  void expect_another_ends_it(const std::string& attempts_and_crashes) {
    house_.start_worker(Queue::order);
    auto state = fmt::format("SELECT state FROM ca_order WHERE id = {}", order_.value());
    ASSERT_TRUE(house_.eventually_is(state, "issued"));
    house_.expect_ended_once(order_.value(), "order.place");
    EXPECT_THAT(sql("SELECT attempts_failed || ' ' || crashes FROM job_history WHERE kind = 'order.place'"),
                ::testing::MatchesRegex(attempts_and_crashes));
  }

  OrderId order_;
  PointHouse house_{database_, sealing_key_};
};

TEST_F(DrainPoints, a_second_signal_hands_back_at_once) {
  auto& twin = start_busy("");
  twin.signal(SIGTERM);
  ASSERT_TRUE(twin.wait_for_line("draining", 20s)) << twin.err();
  twin.signal(SIGTERM);
  ASSERT_TRUE(twin.wait_for_line("handing back at once", 20s)) << twin.err();
  house_.points().release("order.place.before");
  EXPECT_EQ(twin.wait(20s), 0) << twin.err();
  expect_another_ends_it("0 0");
}

TEST_F(DrainPoints, one_that_is_killed_has_handed_back_nothing_and_still_costs_no_attempt) {
  auto& twin = start_busy("");
  twin.signal(SIGTERM);
  // The session says so at once, so that whoever sweeps it knows that no job has taken this worker with it.
  ASSERT_TRUE(house_.eventually_is("SELECT count(*) FROM session WHERE draining", "1"));
  twin.signal(SIGKILL);
  ASSERT_EQ(twin.wait(20s), 128 + SIGKILL);
  house_.lapse(twin.pid());
  expect_another_ends_it("0 0");
}

TEST_F(DrainPoints, one_that_is_killed_at_its_beginning_or_its_end_costs_no_attempt) {
  auto& points = house_.points();
  for (const char* point : {"drain.before", "drain.after"}) {
    points.arm(point, "kill");
    auto before = points.reached().size();
    auto& twin = house_.start_twin(Queue::order);
    ASSERT_TRUE(twin.wait_for_line("opened", 20s)) << twin.err();
    if (order_.value() == 0) {
      points.arm("claim.after", "wait");
      order_ = start(add_service("drain", "drain.demo.test")).id;
      EXPECT_EQ(points.wait_for(before, 20s).point, "claim.after");
      ++before;
      twin.signal(SIGTERM);
      ASSERT_TRUE(twin.wait_for_line("draining", 20s)) << twin.err();
      points.release("claim.after");
    } else {
      twin.signal(SIGTERM);
    }
    ASSERT_EQ(points.wait_for(before, 20s).point, point);
    ASSERT_EQ(twin.wait(20s), 128 + SIGKILL);
    house_.lapse(twin.pid());
  }
  expect_another_ends_it("0 [01]");  // the first may be gone before its session could say that it drains
}

}  // namespace
}  // namespace certfleet::faults
