// Nodes of every kind on a real database, as an administrator sees them.
#include "lib/store/nodes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/error.h"
#include "lib/store/applies.h"
#include "tests/support/database/database.h"

namespace certfleet::store {
namespace {

using domain::Node;

class Nodes : public ::testing::Test {
 protected:
  Nodes() : admin_(test_.settings_as_admin()) {
    test_.sql(
        "INSERT INTO site (name) VALUES ('tokyo'); INSERT INTO notification_table (name) VALUES ('ops');"
        "INSERT INTO user_group (name, notification_id) VALUES ('web', 1);"
        "INSERT INTO service (name, group_id, common_name) VALUES ('shop', 1, 'shop.example.com'),"
        " ('mail', 1, 'mail.example.com');"
        "INSERT INTO access (name, address, login_id, login_secret_sealed) VALUES ('a', '192.0.2.1', 'u', 'x')");
  }

  static Node node(const std::string& name, std::string_view kind, ServiceId service = ServiceId(1)) {
    Node node;
    node.name = name;
    node.kind = kind;
    node.service = service;
    node.site = SiteId(1);
    node.access = AccessId(1);
    if (kind == domain::node_kind::apache) node.apache = {"/a.crt", "/a.key", std::nullopt, "/work", "apachectl"};
    if (kind == domain::node_kind::bigip) node.bigip = {"prof", "shop-2026", "Common/shop.app"};
    if (kind == domain::node_kind::iis) node.iis = {"Default Web Site", "shop.example.com:*:443", "2012r2", false};
    return node;
  }
  NodeId add(const Node& node) {
    return admin_.writing([&](Tx& tx) { return nodes::add(tx, node); });
  }
  std::string refusal(const std::function<void(Tx&)>& body) {
    try {
      admin_.write(body);
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.fault(), Fault::conflict) << failure.what();
      return failure.what();
    }
    return "";
  }

  certfleet::testing::TestDatabase test_;
  Database admin_;
};

TEST_F(Nodes, every_kind_comes_back_with_its_own_fields) {
  for (const auto* kind : {"apache", "bigip", "iis"}) {
    auto made = node(kind, kind);
    auto id = add(made);
    auto found = admin_.reading([&](Tx& tx) { return nodes::get(tx, id); });
    EXPECT_EQ(found.kind, kind);
    EXPECT_EQ(found.apache, made.apache);
    EXPECT_EQ(found.bigip, made.bigip);
    EXPECT_EQ(found.iis, made.iis);
  }
}

TEST_F(Nodes, a_node_may_become_one_of_another_kind) {
  auto made = node("n1", "apache");
  made.id = add(made);
  auto other = node("n1", "iis");
  other.id = made.id;
  admin_.write([&](Tx& tx) { nodes::update(tx, other); });
  EXPECT_EQ(test_.sql("SELECT num_nonnulls(cert_file, key_file, work_dir, control) FROM node"), "0");
  EXPECT_EQ(admin_.reading([&](Tx& tx) { return nodes::get(tx, made.id); }).iis, other.iis);
}

TEST_F(Nodes, a_key_on_windows_is_alone_in_its_service) {
  auto alone = node("win1", "iis");
  alone.iis.windows_key = true;
  alone.id = add(alone);
  EXPECT_THAT(refusal([&](Tx& tx) { nodes::add(tx, node("web1", "apache")); }),
              ::testing::HasSubstr("has one node, and it has win1 already"));
  auto elsewhere = node("win2", "iis", ServiceId(2));
  elsewhere.id = add(elsewhere);
  // Neither does it come in by a move, nor by changing what the key is.
  elsewhere.service = ServiceId(1);
  EXPECT_NE(refusal([&](Tx& tx) { nodes::update(tx, elsewhere); }), "");
  alone.iis.windows_key = false;
  admin_.write([&](Tx& tx) { nodes::update(tx, alone); });
  admin_.write([&](Tx& tx) { nodes::update(tx, elsewhere); });
  alone.iis.windows_key = true;
  EXPECT_THAT(refusal([&](Tx& tx) { nodes::update(tx, alone); }), ::testing::HasSubstr("win2"));
}

TEST_F(Nodes, an_apply_to_a_kind_without_target_is_refused_at_once) {
  for (const auto* kind : {"bigip", "iis"}) {
    auto id = add(node(kind, kind));
    auto expected = std::string("node ") + kind + ": this version applies nothing to nodes of kind " + kind;
    EXPECT_EQ(refusal([&](Tx& tx) { applies::start_now(tx, id, true); }), expected);
    EXPECT_EQ(refusal([&](Tx& tx) { applies::schedule(tx, id, std::chrono::system_clock::now()); }), expected);
  }
  EXPECT_EQ(test_.sql("SELECT count(*) FROM apply"), "0");
  EXPECT_EQ(test_.sql("SELECT count(*) FROM job"), "0");
}

TEST_F(Nodes, one_that_comes_due_ends_as_failed_with_its_id) {
  auto id = add(node("lb1", "bigip"));
  test_.sql("INSERT INTO apply (node_id, state) VALUES (1, 'scheduled')");
  Database scheduler(test_.settings_as("certfleet_scheduler"));
  scheduler.write([](Tx& tx) { EXPECT_EQ(applies::start_due(tx, 10), 1); });
  EXPECT_EQ(test_.sql("SELECT state || ' ' || error FROM apply"),
            "failed node lb1: this version applies nothing to nodes of kind bigip");
  EXPECT_EQ(test_.sql("SELECT code FROM trace"), "1830");
  EXPECT_EQ(admin_.reading([&](Tx& tx) { return nodes::seen(tx, id).apply_status; }), "failed");
}

}  // namespace
}  // namespace certfleet::store
