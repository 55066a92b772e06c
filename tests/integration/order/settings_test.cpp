// What the settings say about orders: the proxy (manual 6.2.1), the timer (6.2.2), the interval (6.7.3).
#include <gmock/gmock.h>

#include "tests/integration/net/servers.h"
#include "tests/integration/order/order_house.h"

namespace certfleet::testing {
namespace {

using ::testing::Each;
using ::testing::IsEmpty;
using ::testing::Not;

class OrderSettings : public OrderHouse {};

TEST_F(OrderSettings, all_that_is_said_to_the_ca_goes_through_the_proxy) {
  net::testing::Proxy proxy;
  sql("UPDATE settings SET proxy = '" + net::to_string(proxy.address()) + "'");
  auto done = order(add_service("shop", "shop.test"));
  EXPECT_EQ(done.state, "issued") << done.error.value_or("");
  auto directory = pebble_->env("PEBBLE_DIRECTORY");  // https://127.0.0.1:14000/dir
  auto host = directory.substr(8, directory.find('/', 8) - 8);
  EXPECT_THAT(proxy.asked(), Not(IsEmpty()));
  EXPECT_THAT(proxy.asked(), Each(host));
}

TEST_F(OrderSettings, without_its_proxy_no_order_is_placed) {
  sql("UPDATE settings SET proxy = '127.0.0.1:1'");
  auto started = start(add_service("shop", "shop.test"));
  make_csr();
  place();
  EXPECT_EQ(get(started.id).state, "started");
  EXPECT_EQ(sql("SELECT count(*) FROM job WHERE kind = 'order.place' AND attempts_failed = 1"), "1");
}

TEST_F(OrderSettings, each_job_of_an_order_gets_the_timer_of_its_queue) {
  sql("UPDATE settings SET csr_timer_s = 33, order_timer_s = 444");
  start(add_service("shop", "shop.test"));
  EXPECT_EQ(sql("SELECT time_limit = interval '33 s' FROM job WHERE kind = 'csr.make'"), "t");
  make_csr();
  EXPECT_EQ(sql("SELECT time_limit = interval '444 s' FROM job WHERE kind = 'order.place'"), "t");
}

}  // namespace
}  // namespace certfleet::testing
