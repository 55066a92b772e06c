// I4: an order is placed once. An attempt is cut off at its n-th step to the outside, for every n; whatever
// was done by then, the next attempts end with one certificate, and the CA has heard one finalize of each
// order.
#include <fmt/format.h>

#include "tests/integration/order/order_house.h"

namespace certfleet::testing {
namespace {

using Means = Saboteur::Means;

class OrderOnce : public OrderHouse {
 protected:
  // Each round is an order of its own, so that one CA and one database serve all of them. False when the
  // order came to its end before its n-th step.
  bool round(int n, Means means) {
    auto name = fmt::format("s{}-{}", n, static_cast<int>(means));
    auto service = add_service(name, name + ".test");
    auto id = start(service).id;
    traffic_ = {};
    order_worker_.saboteur.cut_at(n, means);
    run_all();
    bool cut = order_worker_.saboteur.cut();
    SCOPED_TRACE(fmt::format("cut at step {}: {}", n, order_worker_.saboteur.last()));
    EXPECT_EQ(get(id).state, "issued") << get(id).error.value_or("");
    EXPECT_EQ(sql(fmt::format("SELECT count(*) FROM certificate WHERE service_id = {}", service.value())),
              "1");
    EXPECT_EQ(sql(fmt::format("SELECT count(*) FROM key_pair WHERE service_id = {}", service.value())), "1");
    EXPECT_EQ(traffic_.finalizes.size(), 1U);
    for (const auto& [url, count] : traffic_.finalizes) EXPECT_EQ(count, 1) << url;
    EXPECT_LE(traffic_.orders, 2);
    EXPECT_EQ(sql("SELECT count(*) FROM job WHERE queue IN ('csr', 'order')"), "0");
    EXPECT_EQ(sql(fmt::format("SELECT string_agg(event, ' ' ORDER BY event) FROM mail WHERE service_id = {}"
                              " AND event IN ('order_started', 'order_succeeded', 'order_failed')",
                              service.value())),
              "order_started order_succeeded");
    return cut;
  }

  // Without the steps of the account, which is there after the first round.
  void rounds(Means means) {
    int n = 1;
    while (round(n, means) && !HasFailure()) ++n;
    EXPECT_GT(n, 20) << "an order has more steps than that";
  }
};

TEST_F(OrderOnce, a_crash_at_any_step_costs_time_only) {
  rounds(Means::crash);
}

TEST_F(OrderOnce, a_failure_at_any_step_costs_time_only) {
  rounds(Means::failure);
}

}  // namespace
}  // namespace certfleet::testing
