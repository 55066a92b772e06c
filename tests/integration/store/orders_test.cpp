// Orders on a real database, as an administrator, the scheduler and the workers see them.
#include "lib/store/orders.h"

#include <gtest/gtest.h>

#include "lib/store/challenges.h"
#include "lib/store/csrs.h"
#include "lib/store/key_pairs.h"
#include "tests/support/database/database.h"
#include "tests/support/failure.h"

namespace certfleet::store {
namespace {

using namespace std::chrono_literals;
using orders::End;
using orders::Order;
using testing::expect_says;
using testing::failure_of;

const ServiceId shop(1);

class Orders : public ::testing::Test {
 protected:
  Orders() {
    test_.sql(
        "INSERT INTO notification_table (name) VALUES ('ops');"
        "INSERT INTO notification_recipient VALUES (1, 'to', 1, 'ops@example.com');"
        "INSERT INTO user_group (name, notification_id) VALUES ('web', 1);"
        "INSERT INTO ca_account (name, kind, directory_url) VALUES ('ca', 'acme', 'https://ca.test/dir');"
        "INSERT INTO service (name, group_id, common_name, ca_account_id) VALUES ('shop', 1, 'shop.test', 1);"
        "INSERT INTO key_spec (service_id, algorithm) VALUES (1, 'ecdsa-p256')");
  }

  Order start() {
    return admin_.writing([](Tx& tx) { return orders::start_now(tx, shop, true); });
  }
  Order schedule(WallTime at) {
    return admin_.writing([&](Tx& tx) { return orders::schedule(tx, shop, at); });
  }
  int start_due() {
    return scheduler_.writing([](Tx& tx) { return orders::start_due(tx, 10); });
  }
  Order get(OrderId id) {
    return worker_.reading([&](Tx& tx) { return orders::get(tx, id); });
  }
  std::string mails() { return test_.sql("SELECT string_agg(event, ' ' ORDER BY id) FROM mail"); }
  std::string jobs() { return test_.sql("SELECT count(*) FROM job WHERE kind = 'csr.make'"); }

  certfleet::testing::TestDatabase test_;
  Database admin_{test_.settings_as_admin()};
  Database scheduler_{test_.settings_as("certfleet_scheduler")};
  Database csr_worker_{test_.settings_as("certfleet_csr")};
  Database worker_{test_.settings_as("certfleet_order")};
};

TEST_F(Orders, a_start_is_one_transaction_row_job_and_mail) {
  auto order = start();
  EXPECT_EQ(order.state, "started");
  EXPECT_EQ(order.service_name, "shop");
  EXPECT_EQ(order.requested_by, "tester@example.com");
  EXPECT_GT(order.request_no, 0);
  EXPECT_EQ(test_.sql("SELECT concat_ws(' ', kind, job.state, priority, subject_id, service_id, concurrency_key,"
                      " request_no) FROM job WHERE queue = 'csr'"),
            "csr.make ready 0 1 1 order:1 " + std::to_string(order.request_no));
  EXPECT_EQ(mails(), "order_started");
}

TEST_F(Orders, nothing_starts_that_lacks_something_or_is_disabled) {
  test_.sql("UPDATE service SET enabled = false");
  auto disabled = failure_of([&] { start(); });
  EXPECT_EQ(disabled.fault(), Fault::conflict);
  expect_says(disabled, "the service shop is disabled");
  test_.sql("UPDATE service SET enabled = true, ca_account_id = NULL");
  auto no_account = failure_of([&] { start(); });
  EXPECT_EQ(no_account.fault(), Fault::usage);
  expect_says(no_account, "the service shop has no CA account");
  test_.sql("UPDATE service SET ca_account_id = 1");
  test_.sql("DELETE FROM key_spec");
  auto no_spec = failure_of([&] { start(); });
  EXPECT_EQ(no_spec.fault(), Fault::usage);
  expect_says(no_spec, "the service shop has no key spec");
  EXPECT_EQ(
      failure_of([&] { admin_.write([](Tx& tx) { orders::start_now(tx, ServiceId(9), true); }); }).fault(),
      Fault::not_found);
  EXPECT_EQ(test_.sql("SELECT count(*) FROM ca_order"), "0");
  EXPECT_EQ(jobs(), "0");
  EXPECT_EQ(mails(), "");
}

TEST_F(Orders, a_service_has_one_order_under_way) {
  auto order = start();
  auto failure = failure_of([&] { start(); });
  EXPECT_EQ(failure.fault(), Fault::conflict);
  expect_says(failure, "the service shop has an order under way");
  EXPECT_EQ(failure_of([&] { schedule(std::chrono::system_clock::now()); }).fault(), Fault::conflict);
  worker_.write([&](Tx& tx) { orders::end(tx, order.id, End::failed, "no"); });
  EXPECT_NE(start().id, order.id);
}

TEST_F(Orders, one_that_is_scheduled_can_be_moved_and_started_at_once) {
  auto order = schedule(std::chrono::system_clock::now() + 48h);
  EXPECT_EQ(order.state, "scheduled");
  EXPECT_EQ(schedule(std::chrono::system_clock::now() + 24h).id, order.id);
  EXPECT_EQ(test_.sql("SELECT scheduled_at < now() + interval '25 hours' FROM ca_order"), "t");
  EXPECT_EQ(start_due(), 0);
  EXPECT_EQ(jobs(), "0");
  auto started = start();
  EXPECT_EQ(started.id, order.id);
  EXPECT_EQ(started.state, "started");
  EXPECT_EQ(jobs(), "1");
}

TEST_F(Orders, the_scheduler_starts_what_is_due_once) {
  auto order = schedule(std::chrono::system_clock::now() - 1s);
  EXPECT_EQ(start_due(), 1);
  EXPECT_EQ(start_due(), 0);
  EXPECT_EQ(get(order.id).state, "started");
  EXPECT_EQ(test_.sql("SELECT concat_ws(' ', priority, request_no) FROM job WHERE kind = 'csr.make'"),
            "4 " + std::to_string(order.request_no));
  EXPECT_EQ(mails(), "order_started");
}

TEST_F(Orders, what_lacks_something_when_it_is_due_is_tried_again_later) {
  auto order = schedule(std::chrono::system_clock::now() - 1s);
  test_.sql("DELETE FROM key_spec");
  EXPECT_EQ(start_due(), 1);
  EXPECT_EQ(get(order.id).state, "scheduled");
  EXPECT_EQ(get(order.id).error, "the service shop has no key spec");
  EXPECT_EQ(test_.sql("SELECT scheduled_at > now() + interval '59 minutes' FROM ca_order"), "t");
  EXPECT_EQ(test_.sql("SELECT concat_ws(' ', level, module, code, args[1]) FROM trace"),
            "W orders 2111 the service shop has no key spec");
  test_.sql("UPDATE ca_order SET scheduled_at = now()");
  EXPECT_EQ(start_due(), 1);
  EXPECT_EQ(mails(), "order_progress") << "the same reason is mailed once";
  test_.sql("INSERT INTO key_spec (service_id, algorithm) VALUES (1, 'ecdsa-p256')");
  test_.sql("UPDATE ca_order SET scheduled_at = now()");
  EXPECT_EQ(start_due(), 1);
  EXPECT_EQ(get(order.id).state, "started");
  EXPECT_EQ(get(order.id).error, std::nullopt);
}

TEST_F(Orders, a_scheduled_one_is_cancelled_at_once) {
  auto order = schedule(std::chrono::system_clock::now() + 1h);
  admin_.write([](Tx& tx) { orders::cancel(tx, shop); });
  EXPECT_EQ(get(order.id).state, "cancelled");
  EXPECT_EQ(failure_of([&] { admin_.write([](Tx& tx) { orders::cancel(tx, shop); }); }).fault(),
            Fault::not_found);
  EXPECT_EQ(mails(), "");
}

TEST_F(Orders, one_under_way_is_cancelled_by_its_worker) {
  auto order = start();
  admin_.write([](Tx& tx) { orders::cancel(tx, shop); });
  EXPECT_EQ(test_.sql("SELECT cancel FROM job WHERE kind = 'csr.make'"), "t");
  EXPECT_TRUE(get(order.id).live());
  EXPECT_TRUE(get(order.id).cancel) << "the next job of the line must know too";
  EXPECT_EQ(orders::how_given_up(get(order.id), Failure(Fault::permanent, "anything")), End::cancelled);
}

TEST_F(Orders, one_whose_job_is_gone_is_cancelled_at_once) {
  auto order = start();
  test_.sql("DELETE FROM job WHERE kind = 'csr.make'");
  admin_.write([](Tx& tx) { orders::cancel(tx, shop); });
  EXPECT_EQ(get(order.id).state, "cancelled");
}

TEST_F(Orders, an_order_gets_one_csr) {
  auto order = start();
  auto record = [&] {
    csr_worker_.write([&](Tx& tx) {
      auto pair = key_pairs::add(tx, {{}, shop, "ecdsa-p256", "ab"}, "box");
      orders::record_csr(tx, order.id, csrs::add(tx, shop, pair, "pem"));
    });
  };
  record();
  EXPECT_EQ(failure_of(record).fault(), Fault::conflict);
  EXPECT_EQ(test_.sql("SELECT count(*) FROM key_pair"), "1") << "the second key goes with its transaction";
  auto id = get(order.id).csr;
  auto csr = worker_.reading([&](Tx& tx) { return csrs::get(tx, id); });
  EXPECT_EQ(csr.pem, "pem");
  EXPECT_EQ(worker_.reading([&](Tx& tx) { return key_pairs::get(tx, csr.key_pair); }).spki_sha256, "ab");
}

TEST_F(Orders, an_order_gets_one_reference) {
  auto order = start();
  auto record = [&](const char* url) {
    worker_.write([&](Tx& tx) { orders::record_url(tx, order.id, url); });
  };
  record("https://ca.test/order/1");
  record("https://ca.test/order/1");
  EXPECT_EQ(failure_of([&] { record("https://ca.test/order/2"); }).fault(), Fault::conflict);
  EXPECT_EQ(get(order.id).state, "placed");
  EXPECT_EQ(get(order.id).order_url, "https://ca.test/order/1");
  EXPECT_EQ(mails(), "order_started order_progress");
}

TEST_F(Orders, an_error_is_mailed_when_it_differs_from_the_last) {
  auto order = start();
  for (const auto* error : {"away", "away", "busy", "busy", "away"})
    worker_.write([&](Tx& tx) { orders::record_error(tx, order.id, error); });
  EXPECT_EQ(mails(), "order_started order_progress order_progress order_progress");
  EXPECT_EQ(get(order.id).error, "away");
}

TEST_F(Orders, an_error_is_over_when_the_order_goes_on) {
  auto order = start();
  auto fail = [&](const char* error) {
    worker_.write([&](Tx& tx) { orders::record_error(tx, order.id, error); });
    EXPECT_EQ(test_.sql("SELECT order_in_error FROM service"), "t");
  };
  fail("away");
  worker_.write([&](Tx& tx) { orders::record_url(tx, order.id, "https://ca.test/order/1"); });
  EXPECT_EQ(get(order.id).error, std::nullopt);
  EXPECT_EQ(test_.sql("SELECT order_in_error FROM service"), "f");
  fail("away");
  worker_.write([&](Tx& tx) { orders::forget_error(tx, order.id); });
  EXPECT_EQ(get(order.id).error, std::nullopt);
  EXPECT_EQ(mails(), "order_started order_progress order_progress") << "the same error is mailed once";
  fail("busy");
  EXPECT_EQ(mails(), "order_started order_progress order_progress order_progress");
  worker_.write([&](Tx& tx) { orders::end(tx, order.id, End::cancelled, "cancelled"); });
  EXPECT_EQ(test_.sql("SELECT order_in_error FROM service"), "f");
}

TEST_F(Orders, an_error_in_any_bytes_is_written_down) {
  auto order = start();
  worker_.write([&](Tx& tx) { orders::record_error(tx, order.id, "the CA said \xff\nand more"); });
  EXPECT_EQ(test_.sql("SELECT error FROM ca_order"), "the CA said ? and more");
  worker_.write([&](Tx& tx) { orders::end(tx, order.id, End::failed, "\xff"); });
  EXPECT_EQ(get(order.id).state, "failed");
}

TEST_F(Orders, an_order_ends_once) {
  auto order = start();
  auto end = [&](End how) {
    return worker_.writing([&](Tx& tx) { return orders::end(tx, order.id, how, "why"); });
  };
  EXPECT_TRUE(end(End::failed));
  EXPECT_FALSE(end(End::issued));
  EXPECT_EQ(get(order.id).state, "failed");
  EXPECT_EQ(get(order.id).error, "why");
  EXPECT_EQ(mails(), "order_started order_failed");
}

TEST_F(Orders, challenges_go_with_their_order_and_those_of_ended_ones_too) {
  auto first = start();
  worker_.write([&](Tx& tx) {
    challenges::add(tx, first.id, std::vector<challenges::Challenge>{{"one", "one.print"}});
    orders::end(tx, first.id, End::failed);
  });
  auto second = start();
  worker_.write([&](Tx& tx) {
    std::vector<challenges::Challenge> rows = {{"two", "two.print"}};
    challenges::add(tx, second.id, rows);
    challenges::add(tx, second.id, rows);
  });
  auto find = [&](const char* token) {
    return worker_.reading([&](Tx& tx) { return challenges::find(tx, token); });
  };
  EXPECT_EQ(find("two"), "two.print");
  EXPECT_EQ(find("three"), std::nullopt);
  worker_.write([&](Tx& tx) { challenges::remove(tx, second.id); });
  EXPECT_EQ(test_.sql("SELECT count(*) FROM acme_challenge"), "0");
}

}  // namespace
}  // namespace certfleet::store
