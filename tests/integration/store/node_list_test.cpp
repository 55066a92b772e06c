// Lists of nodes: filters, orders and pages, on a real database.
#include "lib/store/node_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/error.h"
#include "tests/support/database/database.h"

namespace certfleet::store {
namespace {

using node_list::By;
using node_list::Filter;
using node_list::Order;
using ::testing::ElementsAre;

class NodeList : public ::testing::Test {
 protected:
  NodeList() : admin_(test_.settings_as_admin()) {
    test_.sql(
        "INSERT INTO site (name) VALUES ('tokyo'), ('osaka'); INSERT INTO notification_table (name) VALUES ('ops');"
        "INSERT INTO user_group (name, notification_id) VALUES ('web', 1);"
        "INSERT INTO service (name, group_id, common_name) VALUES ('shop', 1, 'shop.example.com'),"
        " ('mail', 1, 'mail.example.com');"
        "INSERT INTO access (name, address, login_id, login_secret_sealed, host_key)"
        " SELECT name, '192.0.2.1', 'u', 'x', 'SHA256:' || repeat('A', 43) FROM unnest('{a,b}'::text[]) name;"
        // n00 to n09: the even ones of shop in tokyo with access a, the odd ones of mail in osaka with access b.
        "INSERT INTO node (service_id, site_id, access_id, name, kind, enabled, verify_mode, cert_file, key_file,"
        " work_dir, apply_status, served_at) SELECT 1 + i % 2, 1 + i % 2, 1 + i % 2, format('n0%s', i), 'apache',"
        " i < 8, 'none', '/c', '/k', '/w', (ARRAY['none', 'applied', 'failed'])[1 + i % 3],"
        " CASE WHEN i > 2 THEN timestamptz '2026-01-01' + i % 4 * interval '1 day' END FROM generate_series(0, 9) i;"
        "INSERT INTO node (service_id, site_id, access_id, name, kind, verify_mode, control, ssl_profile, import_name,"
        " partition) VALUES (1, 1, 1, 'LB_1%', 'bigip', 'none', NULL, 'p', 'i', 'Common')");
  }
  node_list::Page page(const Filter& filter, const Order& order = {}, int rows = 100) {
    return admin_.reading([&](Tx& tx) { return node_list::page(tx, filter, order, rows); });
  }
  std::vector<std::string> names(const Filter& filter, const Order& order = {}, int rows = 100) {
    std::vector<std::string> names;
    for (const auto& row : page(filter, order, rows).rows) names.push_back(row.name);
    return names;
  }

  certfleet::testing::TestDatabase test_;
  Database admin_;
};

TEST_F(NodeList, each_filter_limits_and_all_of_them_together) {
  Filter filter;
  EXPECT_EQ(names(filter).size(), 11U);
  filter.service = ServiceId(2);
  EXPECT_THAT(names(filter), ElementsAre("n01", "n03", "n05", "n07", "n09"));
  filter.enabled = false;
  EXPECT_THAT(names(filter), ElementsAre("n09"));
  filter = {};
  filter.site = SiteId(1);
  filter.access = AccessId(1);
  filter.kind = "bigip";
  EXPECT_THAT(names(filter), ElementsAre("LB_1%"));
  filter = {};
  filter.apply_statuses = {"failed"};
  EXPECT_THAT(names(filter), ElementsAre("n02", "n05", "n08"));
  filter.apply_statuses = {"applied", "failed"};
  EXPECT_EQ(names(filter).size(), 6U);
  filter.apply_statuses = {"failed"};
  test_.sql("UPDATE service SET enabled = false WHERE id = 2");
  filter.service_enabled = true;
  EXPECT_THAT(names(filter), ElementsAre("n02", "n08"));
  filter.service_enabled = false;
  EXPECT_THAT(names(filter), ElementsAre("n05"));
  filter.service_enabled.reset();
  filter.name_part = "N05";
  EXPECT_THAT(names(filter), ElementsAre("n05"));
}

TEST_F(NodeList, the_marks_of_a_pattern_stand_for_themselves) {
  Filter filter;
  for (const auto* part : {"_1%", "lb_", "%"}) {
    filter.name_part = part;
    EXPECT_THAT(names(filter), ElementsAre("LB_1%")) << part;
  }
  for (const auto* part : {"n_5", "\\", "'"}) {
    filter.name_part = part;
    EXPECT_TRUE(names(filter).empty()) << part;
  }
}

TEST_F(NodeList, pages_follow_each_other_without_a_gap_in_every_order) {
  for (auto by : {By::name, By::id, By::apply_status, By::served_at})
    for (bool descending : {false, true}) {
      Order order{by, descending, ""};
      auto all = names({}, order);
      EXPECT_EQ(all.size(), 11U);
      for (int rows : {1, 3, 10, 11}) {
        std::vector<std::string> together;
        for (order.after = "";;) {
          auto next = page({}, order, rows);
          EXPECT_LE(next.rows.size(), static_cast<std::size_t>(rows));
          for (const auto& row : next.rows) together.push_back(row.name);
          if (!next.more) break;
          ASSERT_FALSE(next.rows.empty());
          order.after = next.rows.back().name;
        }
        EXPECT_EQ(together, all) << rows;
        order.after = "";
      }
    }
}

TEST_F(NodeList, a_page_is_found_by_an_index_in_every_order_however_far_behind_it_is) {
  test_.sql(
      "SET session_replication_role = replica;"  // triggers look at all nodes of the service
      "INSERT INTO node (service_id, group_id, site_id, access_id, name, kind, verify_mode, cert_file, key_file,"
      " work_dir, apply_status, served_at) SELECT 1, 1, 1, 1, 'm' || i, 'apache', 'none', '/c', '/k', '/w', 'none',"
      " CASE WHEN i % 2 = 0 THEN now() - i * interval '1 s' END FROM generate_series(1, 20000) i");
  test_.sql("VACUUM ANALYZE certfleet.node");
  for (auto by : {By::name, By::id, By::apply_status, By::served_at})
    for (bool descending : {false, true})
      for (const auto* after : {"", "m10000", "m10001"}) {
        auto text =
            admin_.reading([&](Tx& tx) { return node_list::explained(tx, {}, {by, descending, after}, 20); });
        EXPECT_EQ(text.find("Seq Scan on node"), std::string::npos) << text;
        EXPECT_EQ(text.find("Sort"), std::string::npos) << text;
      }
}

TEST_F(NodeList, a_part_of_a_name_is_found_among_many_however_many_have_it) {
  test_.sql(
      "SET session_replication_role = replica;"
      "INSERT INTO node (service_id, group_id, site_id, access_id, name, kind, verify_mode, cert_file, key_file,"
      " work_dir, apply_status) SELECT 1, 1, 1, 1, 'many-' || i, 'apache', 'none', '/c', '/k', '/w', 'none'"
      " FROM generate_series(1, 40100) i");
  auto names = [&](const std::string& part, int rows) {
    Filter filter;
    filter.name_part = part;
    std::vector<std::string> found;
    for (const auto& row : page(filter, {By::name, false, ""}, rows).rows) found.push_back(row.name);
    return found;
  };
  EXPECT_EQ(names("Y-4001", 20), (std::vector<std::string>{"many-4001", "many-40010", "many-40011", "many-40012",
                                                           "many-40013", "many-40014", "many-40015", "many-40016",
                                                           "many-40017", "many-40018", "many-40019"}));
  EXPECT_EQ(names("any-999", 2), (std::vector<std::string>{"many-999", "many-9990"}));
  EXPECT_TRUE(names("999-many", 2).empty()) << "all its characters stand in some name, but not together";
  EXPECT_EQ(names("00", 0).size(), std::stoul(test_.sql("SELECT count(*) FROM node WHERE name LIKE '%00%'")));
  EXPECT_EQ(names("many", 3), (std::vector<std::string>{"many-1", "many-10", "many-100"}));
  EXPECT_EQ(names("any-", 0).size(), 40100U) << "too many to name them all";
}

TEST_F(NodeList, no_more_are_counted_than_are_told) {
  test_.sql(
      "INSERT INTO node (service_id, site_id, access_id, name, kind, verify_mode, cert_file, key_file, work_dir,"
      " served_at) SELECT 1, 1, 1, 'm' || i, 'apache', 'none', '/c', '/k', '/w',"
      " CASE WHEN i % 2 = 0 THEN now() - i * interval '1 s' END FROM generate_series(1, 999) i");
  for (bool descending : {false, true})
    EXPECT_EQ(page({}, {By::served_at, descending, ""}, 10).more, node_list::more_max);
  test_.sql("INSERT INTO node (service_id, site_id, access_id, name, kind, verify_mode, cert_file, key_file, work_dir)"
            " SELECT 1, 1, 1, 'l' || i, 'apache', 'none', '/c', '/k', '/w' FROM generate_series(1, 2) i");
  for (bool descending : {false, true})
    EXPECT_EQ(page({}, {By::served_at, descending, ""}, 10).more, node_list::more_max + 1);
}

TEST_F(NodeList, nodes_that_were_never_seen_come_before_the_others) {
  auto rows = page({}, {By::served_at, false, ""}).rows;
  for (std::size_t i = 1; i < rows.size(); ++i) EXPECT_LE(rows[i - 1].served_at, rows[i].served_at);
  EXPECT_FALSE(rows.front().served_at.has_value());
}

TEST_F(NodeList, going_on_behind_a_node_that_is_gone_works_by_name_and_is_told_of_else) {
  EXPECT_THAT(names({}, {By::name, false, "n075"}), ElementsAre("n08", "n09"));
  try {
    page({}, {By::served_at, false, "n075"});
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.fault(), Fault::not_found);
  }
}

TEST_F(NodeList, a_row_has_the_newest_apply) {
  test_.sql("INSERT INTO apply (node_id, state, error, ended_at) VALUES (3, 'failed', 'old', now()),"
            " (3, 'failed', 'new', now())");
  Filter filter;
  filter.name_part = "n02";
  EXPECT_EQ(page(filter).rows.at(0).apply_error, "new");
}

}  // namespace
}  // namespace certfleet::store
