// Pages of services on a real database (manual 7.1).
#include "lib/store/service_list.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "lib/base/error.h"
#include "lib/store/groups.h"
#include "tests/support/database/database.h"

namespace certfleet::store {
namespace {

using service_list::Query;
using service_list::Sort;
using service_list::State;

class ServiceList : public ::testing::Test {
 protected:
  ServiceList() : owner_(test_.settings()) {
    group_ = owner_.writing([](Tx& tx) { return groups::add(tx, {{}, "web", {}}); });
    other_ = owner_.writing([](Tx& tx) { return groups::add(tx, {{}, "other", {}}); });
    test_.sql("INSERT INTO certfleet.ca_account (name, kind, directory_url) VALUES ('ca', 'acme', 'https://x')");
  }

  // With a certificate that has so many days left, if it has one, and an order that has come so far.
  void service(const std::string& name, const std::string& common_name, std::optional<int> days = {},
               const std::string& order = "", bool enabled = true, GroupId group = {}) {
    auto id = test_.sql(fmt::format(
        "INSERT INTO certfleet.service (name, group_id, common_name, enabled) VALUES ('{}', {}, '{}', {}) RETURNING id",
        name, (group ? group : group_).value(), common_name, enabled));
    if (days) certificate(id, 1, *days);
    if (!order.empty())
      test_.sql(fmt::format(
          "INSERT INTO certfleet.ca_order (service_id, ca_account_id, state, ended_at) SELECT {}, id, '{}',"
          " CASE WHEN '{}' IN ('issued', 'failed', 'cancelled') THEN now() END FROM certfleet.ca_account",
          id, order, order));
  }
  void certificate(const std::string& service, int slot, int days) {
    test_.sql(fmt::format(
        "INSERT INTO certfleet.certificate (service_id, slot, serial, sha256, common_name, not_before, not_after,"
        " leaf_pem, chain_pem) VALUES ({}, {}, '', '', '', now(),"
        " now() + interval '1 day' * {} + interval '1 hour', '', '')",
        service, slot, days));
  }
  void some() {
    service("cart", "z.example.com", 10);
    service("blog", "m.example.com", 400, "issued");
    service("api", "a.example.com", -5, "failed");
    service("Shop", "shop.example.com");
    service("off", "off.example.com", 10, "", false);
    service("intra", "intra.example.com", 89, "scheduled", true, other_);
  }
  service_list::Page page(const Query& query) {
    return owner_.reading([&](Tx& tx) { return service_list::page(tx, query); });
  }
  std::string names(const Query& query) {
    std::string all;
    for (const auto& row : page(query).rows) all += (all.empty() ? "" : " ") + row.name;
    return all;
  }
  static Query by(Sort sort, bool reverse = false) {
    Query query;
    query.sort = sort;
    query.reverse = reverse;
    return query;
  }

  certfleet::testing::TestDatabase test_;
  Database owner_;
  GroupId group_, other_;
};

TEST_F(ServiceList, is_sorted_by_each_column_both_ways) {
  some();
  EXPECT_EQ(names(by(Sort::common_name)), "api intra blog off Shop cart");
  EXPECT_EQ(names(by(Sort::common_name, true)), "cart Shop off blog intra api");
  EXPECT_EQ(names(by(Sort::expiry)), "api cart off intra blog Shop");
  EXPECT_EQ(names(by(Sort::expiry, true)), "Shop blog intra off cart api");
  EXPECT_EQ(names(by(Sort::order_state)), "cart Shop off api blog intra");
  EXPECT_EQ(names(by(Sort::order_state, true)), "intra blog api off Shop cart");
}

TEST_F(ServiceList, is_filtered_by_what_is_in_the_names) {
  some();
  Query query = by(Sort::expiry);
  query.text = "SHOP";
  EXPECT_EQ(names(query), "Shop");
  query.text = "example";
  EXPECT_EQ(page(query).rows.size(), 6U);
  for (const auto* wild : {"%", "_", "a_i", "\\"}) {
    query.text = wild;
    EXPECT_EQ(names(query), "") << "no sign of the text has a meaning of its own: " << wild;
  }
  query.text = "'; DROP TABLE service; --";
  EXPECT_EQ(names(query), "");
  service("日本", "xn--wgv71a.jp");
  query.text = "日本.jp";
  query.common_name = "xn--wgv71a.jp";
  EXPECT_EQ(names(query), "日本");
}

TEST_F(ServiceList, is_filtered_by_state_and_leaves_disabled_services_out) {
  some();
  Query query = by(Sort::expiry);
  auto of = [&](State state) {
    query.state = state;
    return names(query);
  };
  EXPECT_EQ(of(State::ok), "blog");
  EXPECT_EQ(of(State::expiring), "cart intra");
  EXPECT_EQ(of(State::expired), "api");
  EXPECT_EQ(of(State::none), "Shop");
  EXPECT_EQ(of(State::under_90), "intra");
  EXPECT_EQ(of(State::under_60), "");
  EXPECT_EQ(of(State::under_30), "");
  EXPECT_EQ(of(State::under_15), "cart");
  query.enabled = false;
  EXPECT_EQ(of(State::expiring), "off") << "but may be asked for";
  query.state.reset();
  EXPECT_EQ(names(query), "off");
  query.enabled = true;
  EXPECT_EQ(names(query), "api cart intra blog Shop");
}

TEST_F(ServiceList, is_filtered_by_group_and_by_the_newest_order) {
  some();
  Query query = by(Sort::expiry);
  query.group = other_;
  EXPECT_EQ(names(query), "intra");
  query.group = {};
  query.order_states = {"failed"};
  EXPECT_EQ(names(query), "api");
  query.order_states = {"none"};
  EXPECT_EQ(names(query), "cart off Shop");
  test_.sql("INSERT INTO certfleet.ca_order (service_id, ca_account_id, state) SELECT s.id, a.id, 'placed'"
            " FROM certfleet.service s, certfleet.ca_account a WHERE s.name = 'api'");
  query.order_states = {"failed"};
  EXPECT_EQ(names(query), "") << "an older order says nothing";
  query.order_states = {"placed", "none"};
  EXPECT_EQ(names(query), "api cart off Shop");
  query.order_states = {};
  query.order_in_error = true;
  EXPECT_EQ(names(query), "");
  test_.sql("UPDATE certfleet.ca_order SET error = 'away' WHERE ended_at IS NULL");
  EXPECT_EQ(names(query), "api intra");
  query.order_in_error = false;
  EXPECT_EQ(names(query), "cart off blog Shop");
}

TEST_F(ServiceList, comes_in_pages_that_meet_and_say_how_many_follow) {
  for (int i = 0; i < 25; ++i)
    service(fmt::format("s{:02}", i), fmt::format("n{}.example.com", i % 3), i % 5 == 0 ? std::optional<int>() : i % 4);
  for (auto sort : {Sort::name, Sort::common_name, Sort::expiry, Sort::order_state}) {
    for (bool reverse : {false, true}) {
      auto whole = names(by(sort, reverse));
      Query query = by(sort, reverse);
      query.limit = 7;
      std::string joined;
      int left = 25;
      for (int pages = 0; pages < 10; ++pages) {
        auto part = page(query);
        for (const auto& row : part.rows) joined += (joined.empty() ? "" : " ") + row.name;
        left -= static_cast<int>(part.rows.size());
        EXPECT_EQ(part.more, left);
        if (part.more == 0) break;
        query.after = part.rows.back().name;
      }
      EXPECT_EQ(joined, whole) << static_cast<int>(sort) << reverse;
    }
  }
}

TEST_F(ServiceList, goes_on_behind_a_service_only) {
  some();
  Query query;
  query.after = "nobody";
  try {
    page(query);
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.fault(), Fault::not_found);
  }
}

TEST_F(ServiceList, shows_the_certificate_that_expires_last) {
  service("shop", "shop.example.com", 5);
  auto id = test_.sql("SELECT id FROM certfleet.service");
  auto left = [&] {
    auto at = page({}).rows.at(0).not_after;
    return at ? std::chrono::round<std::chrono::hours>(*at - std::chrono::system_clock::now()).count() / 24 : -1;
  };
  certificate(id, 2, 50);
  EXPECT_EQ(left(), 50);
  test_.sql("UPDATE certfleet.certificate SET not_after = now() + interval '70 days 1 hour' WHERE slot = 1");
  EXPECT_EQ(left(), 70);
  test_.sql("DELETE FROM certfleet.certificate WHERE slot = 1");
  EXPECT_EQ(left(), 50);
  test_.sql("DELETE FROM certfleet.certificate");
  EXPECT_EQ(left(), -1);
}

// A page must not look at every service, whatever it is sorted by and however far behind it is.
TEST_F(ServiceList, finds_its_page_by_an_index) {
  test_.sql(fmt::format(
      "INSERT INTO certfleet.service (name, group_id, common_name, not_after, order_state)"
      " SELECT 's' || lpad(i::text, 6, '0'), {}, 'n' || i % 1000 || '.example.com', CASE WHEN i % 7 > 0"
      " THEN now() + interval '1 hour' * (i % 5000) END, (ARRAY[NULL, 'issued', 'failed'])[i % 3 + 1]"
      " FROM generate_series(1, 20000) AS i",
      group_.value()));
  test_.sql("VACUUM ANALYZE certfleet.service");
  for (auto sort : {Sort::name, Sort::common_name, Sort::expiry, Sort::order_state}) {
    for (bool reverse : {false, true}) {
      Query query = by(sort, reverse);
      query.limit = 20;
      query.after = "s010000";
      auto text = owner_.reading([&](Tx& tx) { return service_list::explained(tx, query); });
      EXPECT_EQ(text.find("Seq Scan on service"), std::string::npos) << text;
      EXPECT_NE(text.find("Index"), std::string::npos) << text;
    }
  }
}

TEST_F(ServiceList, finds_the_few_orders_in_error_by_an_index) {
  test_.sql(fmt::format("INSERT INTO certfleet.service (name, group_id, common_name, order_in_error)"
                        " SELECT 's' || i, {}, 'www.example.com', i % 1000 = 0 FROM generate_series(1, 20000) AS i",
                        group_.value()));
  test_.sql("VACUUM ANALYZE certfleet.service");
  auto query = by(Sort::name);
  query.order_in_error = true;
  query.enabled = true;
  query.limit = 100;
  auto text = owner_.reading([&](Tx& tx) { return service_list::explained(tx, query); });
  EXPECT_NE(text.find("service_order_in_error"), std::string::npos) << text;
}

}  // namespace
}  // namespace certfleet::store
