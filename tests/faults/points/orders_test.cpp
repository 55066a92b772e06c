// I1, I2 and I4 at the points of an order's way: csr.make, then order.place at a real ACME server.
#include <fmt/format.h>

#include <sstream>

#include "lib/base/file.h"
#include "tests/faults/points/point_house.h"
#include "tests/integration/order/order_house.h"

namespace certfleet::faults {
namespace {

using namespace std::chrono_literals;
using domain::Queue;

class OrderPoints : public testing::OrderHouse {
 protected:
  OrderId start_order(const std::string& name) { return start(add_service(name, name + ".demo.test")).id; }

  bool is_issued(OrderId id) { return get(id).state == "issued"; }

  // Whatever was killed: the order has its one certificate, its jobs ended once, and each mail was written once.
  void expect_issued_once(OrderId id) {
    ASSERT_TRUE(house_.eventually_is(fmt::format("SELECT state FROM ca_order WHERE id = {}", id.value()), "issued"))
        << get(id).error.value_or("");
    house_.expect_ended_once(id.value(), "csr.make");
    house_.expect_ended_once(id.value(), "order.place");
    auto service = get(id).service.value();
    for (const char* table : {"certificate", "key_pair", "csr"})
      EXPECT_EQ(sql(fmt::format("SELECT count(*) FROM {} WHERE service_id = {}", table, service)), "1") << table;
    EXPECT_EQ(sql(fmt::format("SELECT string_agg(event, ' ' ORDER BY event) FROM mail WHERE service_id = {}", service)),
              "order_progress order_started order_succeeded");
  }

  // How often the CA says it did that.
  int at_the_ca(const std::string& words) {
    std::istringstream log(read_file(pebble_->dir() / "pebble.log"));
    int count = 0;
    for (std::string line; std::getline(log, line);) count += line.find(words) != std::string::npos ? 1 : 0;
    return count;
  }

  PointHouse house_{database_, sealing_key_};
};

TEST_F(OrderPoints, a_worker_that_dies_around_its_claim_and_its_commit_costs_time_only) {
  house_.start_scheduler();
  house_.start_worker(Queue::order);
  auto order = start_order("commit");
  house_.kill_at(Queue::csr, {"claim.before", "claim.after", "commit.before", "commit.after"});
  expect_issued_once(order);
  EXPECT_EQ(at_the_ca("Issued certificate"), 1);
  EXPECT_EQ(sql("SELECT crashes || ' ' || attempts_failed FROM job_history WHERE kind = 'csr.make'"), "2 0");
}

TEST_F(OrderPoints, a_worker_whose_session_lapses_before_its_claim_claims_nothing_under_it) {
  auto& points = house_.points();
  for (const char* way : {"direct", "offered"}) {
    // With a job that was offered before it came, a worker claims that one; without a scheduler nobody offers.
    bool offered = std::string_view(way) == "offered";
    if (offered) house_.start_scheduler();
    auto order = start_order(way);
    auto which = fmt::format("kind = 'csr.make' AND subject_id = {}", order.value());
    auto before = points.reached().size();
    points.arm("claim.before", "wait");
    auto& twin = house_.start_twin(Queue::csr);
    ASSERT_EQ(points.wait_for(before, 20s).pid, twin.pid()) << twin.err();
    auto lapsed = sql(fmt::format("SELECT id FROM session WHERE pid = {}", twin.pid()));
    house_.lapse(twin.pid());
    points.release("claim.before");
    EXPECT_TRUE(house_.eventually_is("SELECT count(*) FROM job_history WHERE " + which, "1"));
    EXPECT_NE(sql("SELECT session_id FROM job_history WHERE " + which), lapsed) << way;
    EXPECT_EQ(sql("SELECT fence FROM job_history WHERE " + which), "1") << way;
    house_.stop_workers(Queue::csr);
  }
}

TEST_F(OrderPoints, what_was_committed_and_not_offered_still_runs) {
  house_.start_scheduler();
  house_.start_worker(Queue::order);
  auto order = start_order("offer");
  house_.kill_at(Queue::csr, {"offer.before"});
  expect_issued_once(order);
}

TEST_F(OrderPoints, a_scheduler_that_dies_before_its_offer_is_followed_by_another) {
  auto& points = house_.points();
  points.arm("claim.after", "kill");
  points.arm("scheduler.offer.before", "kill");
  auto order = start_order("scheduler");
  house_.start_twin(Queue::csr);
  auto claimed = points.wait_for(0, 20s);
  sql(fmt::format("UPDATE session SET expires_at = now() - interval '2 s' WHERE pid = {}", claimed.pid));
  auto& leader = house_.start_scheduler(true);
  auto reached = points.wait_for(1, 20s);
  EXPECT_EQ(reached.point, "scheduler.offer.before") << "of the job that it took back";
  EXPECT_EQ(reached.pid, leader.pid());
  house_.start_scheduler();
  house_.start_worker(Queue::csr);
  house_.start_worker(Queue::order);
  expect_issued_once(order);
}

TEST_F(OrderPoints, a_worker_that_dies_around_any_call_to_the_ca_leaves_one_certificate) {
  house_.start_scheduler();
  house_.start_worker(Queue::csr);
  auto first = start_order("place");
  house_.kill_at(Queue::order,
                 {"order.account.before", "order.account.after", "order.place.before", "order.place.after"});
  expect_issued_once(first);
  EXPECT_EQ(at_the_ca("Added order"), 2) << "one that nobody knows any more, which is never finalized";
  house_.stop_workers(Queue::order);

  auto second = start_order("finalize");
  house_.kill_at(Queue::order, {"order.challenge.before", "order.challenge.after", "order.finalize.before",
                                "order.finalize.after"});
  expect_issued_once(second);
  EXPECT_EQ(at_the_ca("Added order"), 3);
  EXPECT_EQ(at_the_ca("Issued certificate"), 2);
}

TEST_F(OrderPoints, a_worker_that_thaws_before_a_call_to_the_ca_changes_nothing_any_more) {
  house_.start_scheduler();
  house_.start_worker(Queue::csr);
  for (const char* point : {"order.place.after", "order.finalize.before"}) {
    auto order = start_order(std::string(point).substr(6, 5));
    house_.freeze_at(Queue::order, point, [&] { return is_issued(order); });
    expect_issued_once(order);
    house_.stop_workers(Queue::order);
  }
  EXPECT_EQ(at_the_ca("Issued certificate"), 2);
}

}  // namespace
}  // namespace certfleet::faults
