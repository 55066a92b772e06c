// How often a CA is asked for an order that takes its time (manual 6.7.3): a real worker, and an ACME server that needs
// up to an hour to validate a name.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <sstream>

#include "lib/base/file.h"
#include "tests/faults/points/point_house.h"
#include "tests/integration/order/order_house.h"
#include "tests/support/eventually.h"

namespace certfleet::faults {
namespace {

using namespace std::chrono_literals;
using domain::Queue;
using testing::eventually;

class OrderPolls : public testing::OrderHouse {
 protected:
  OrderPolls() : OrderHouse({{"PEBBLE_VA_SLEEPTIME", "3600"}, {"PEBBLE_NONCEREJECT", "0"}}) {
    house_.start_scheduler();
    house_.start_worker(Queue::csr);
  }

  // How often the CA was asked how the order stands.
  int looks() {
    std::istringstream log(read_file(pebble_->dir() / "pebble.log"));
    int count = 0;
    for (std::string line; std::getline(log, line);)
      if (line.find("POST /my-order/") != std::string::npos) ++count;
    return count;
  }
  // The order's job has been claimed so often and waits again; gives for how many seconds.
  double waits_after(int deliveries, std::chrono::seconds limit) {
    auto job = fmt::format(" FROM job WHERE kind = 'order.place' AND job.state = 'waiting' AND deliveries = {}",
                           deliveries);
    EXPECT_TRUE(eventually(limit, [&] { return sql("SELECT count(*)" + job) == "1"; })) << "delivery " << deliveries;
    auto wait = sql("SELECT extract(epoch FROM run_at - now())" + job);
    return wait.empty() ? 0 : std::stod(wait);
  }
  // A minute is over, but for its last half second, after which it looks again and not before.
  void let_a_minute_pass() {
    auto before = looks();
    auto due = std::stod(
        sql("UPDATE job SET run_at = now() + interval '0.5 s', created_at = created_at - interval '1 min'"
            " WHERE kind = 'order.place' RETURNING extract(epoch FROM run_at)"));
    EXPECT_TRUE(eventually(20s, [&] { return looks() > before; }));
    EXPECT_GE(std::stod(sql("SELECT extract(epoch FROM now())")), due);
  }

  PointHouse house_{database_, sealing_key_};
};

TEST_F(OrderPolls, the_ca_is_asked_once_an_interval_after_the_first_half_minute) {
  sql("UPDATE notification_table SET order_interval_min = 1");
  start(add_service("slow", "slow.demo.test"));
  // Most CAs are through in moments: the first attempt looks for half a minute, or as long as its job may take, ever
  // more seldom: in these eight seconds after 0, 0.1, 0.3, 0.7, 1.5, 3.1 and 7.1.
  ASSERT_TRUE(house_.eventually_is("SELECT count(*) FROM job WHERE kind = 'order.place'", "1"));
  sql("UPDATE job SET time_limit = '8 s' WHERE kind = 'order.place'");
  house_.start_worker(Queue::order);
  EXPECT_NEAR(waits_after(1, 20s), 60, 3);
  auto first = looks();
  EXPECT_GE(first, 5);
  EXPECT_LE(first, 9);  // and around its challenge
  // A minute later it looks once.
  let_a_minute_pass();
  EXPECT_NEAR(waits_after(2, 10s), 60, 3);
  EXPECT_EQ(looks(), first + 1);
  // And so on. One that was told otherwise meanwhile waits as long as it is told.
  sql("UPDATE notification_table SET order_interval_min = 90");
  let_a_minute_pass();
  EXPECT_NEAR(waits_after(3, 20s), 90 * 60, 3);
  EXPECT_EQ(looks(), first + 2);
  EXPECT_EQ(sql("SELECT attempts_failed || ' ' || crashes FROM job WHERE kind = 'order.place'"), "0 0");
  EXPECT_EQ(sql("SELECT state FROM ca_order"), "placed");
}

}  // namespace
}  // namespace certfleet::faults
