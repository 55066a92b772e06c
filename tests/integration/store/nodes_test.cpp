// Nodes of every kind on a real database, as an administrator sees them.
#include "lib/store/nodes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pqxx/pqxx>
#include <thread>

#include "lib/base/error.h"
#include "lib/store/accesses.h"
#include "lib/store/applies.h"
#include "tests/support/eventually.h"
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
        "INSERT INTO access (name, address, login_id, login_secret_sealed, host_key)"
        " VALUES ('a', '192.0.2.1', 'u', 'x', 'SHA256:' || repeat('A', 43))");
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

// ---- An access fits the nodes that use it, whoever changes one of the two, and when.

class Fit : public Nodes {
 protected:
  Fit() { test_.sql("UPDATE access SET login_key_sealed = 'k'"); }

  void change(Tx& tx, const std::function<void(domain::Access&)>& how) {
    auto access = accesses::get(tx, AccessId(1));
    how(access);
    accesses::update(tx, access);
  }
  void lose_password(Tx& tx) {
    change(tx, [](domain::Access& access) { access.login_secret = ""; });
  }
  // What `body` or its commit is refused with.
  static std::string unfit(Database& database, const std::function<void(Tx&)>& body) {
    try {
      database.write(body);
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.fault(), Fault::usage) << failure.what();
      return failure.what();
    }
    return "";
  }
  // With psql. What it is refused with.
  std::string lose_password_by_hand() {
    try {
      test_.sql("UPDATE access SET login_secret_sealed = NULL");
    } catch (const std::exception& error) {
      return error.what();
    }
    return "";
  }
  // Until the other one waits for a row of ours.
  void until_one_waits() {
    EXPECT_TRUE(certfleet::testing::eventually(std::chrono::seconds(10), [&] {
      return test_.sql("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                       " AND wait_event_type = 'Lock'") == "1";
    }));
  }

  const std::string no_password_ = "access a has no password, which nodes of kind bigip need: certfleet access set a"
                                   " --password";
  const std::string no_host_key_ = "access a has no host key, which SSH needs: certfleet access host-key a";
};

TEST_F(Fit, the_database_refuses_in_the_words_of_the_rule) {
  add(node("web1", "apache"));
  add(node("lb1", "bigip"));
  EXPECT_EQ(unfit(admin_, [&](Tx& tx) { lose_password(tx); }), no_password_);
  EXPECT_EQ(unfit(admin_, [&](Tx& tx) { change(tx, [](auto& access) { access.host_key.reset(); }); }), no_host_key_);
  auto login = unfit(admin_, [&](Tx& tx) { change(tx, [](auto& access) { access.login_id = "-x"; }); });
  EXPECT_EQ(login, "login id \"-x\": must not start with a hyphen");
  login = unfit(admin_, [&](Tx& tx) { change(tx, [](auto& access) { access.login_id = R"(EXAMPLE\x)"; }); });
  EXPECT_EQ(login, R"(login id "EXAMPLE\x": only letters, digits and . _ - @ may be used)");
  // Any name stands in the middle of what the database says.
  const std::string odd = "a has no password, which nodes of kind b need";
  admin_.write([&](Tx& tx) { change(tx, [&](auto& access) { access.name = odd; }); });
  EXPECT_EQ(unfit(admin_, [&](Tx& tx) { lose_password(tx); }),
            "access " + odd + " has no password, which nodes of kind bigip need: certfleet access set " + odd +
                " --password");
}

TEST_F(Fit, a_new_node_or_one_that_changes_is_asked_too) {
  admin_.write([&](Tx& tx) { lose_password(tx); });
  auto web1 = node("web1", "apache");
  web1.id = add(web1);
  EXPECT_EQ(unfit(admin_, [&](Tx& tx) { nodes::add(tx, node("lb1", "bigip")); }), no_password_);
  auto changed = node("web1", "bigip");
  changed.id = web1.id;
  EXPECT_EQ(unfit(admin_, [&](Tx& tx) { nodes::update(tx, changed); }), no_password_);
  test_.sql("INSERT INTO access (name, address, login_id, login_key_sealed) VALUES ('b', '192.0.2.1', 'u', 'k')");
  web1.access = AccessId(2);
  EXPECT_EQ(unfit(admin_, [&](Tx& tx) { nodes::update(tx, web1); }),
            "access b has no host key, which SSH needs: certfleet access host-key b");
}

TEST_F(Fit, an_access_and_its_node_may_change_together_in_either_order) {
  auto web1 = node("web1", "apache");
  web1.id = add(web1);
  auto lb1 = node("web1", "bigip");
  lb1.id = web1.id;
  admin_.write([&](Tx& tx) {
    change(tx, [](auto& access) { access.host_key.reset(); });
    nodes::update(tx, lb1);
  });
  admin_.write([&](Tx& tx) {
    nodes::update(tx, web1);
    change(tx, [](auto& access) { access.host_key = "SHA256:" + std::string(43, 'B'); });
  });
  admin_.write([&](Tx& tx) {   // what was wrong for a while only
    nodes::remove(tx, web1.id);
    change(tx, [](auto& access) { access.host_key.reset(); });
  });
}

TEST_F(Fit, what_was_there_before_is_not_held_against_another_change) {
  test_.sql("SET session_replication_role = replica; UPDATE access SET host_key = NULL;"
            " INSERT INTO node (service_id, group_id, site_id, access_id, name, kind, verify_mode, cert_file, key_file,"
            " work_dir) VALUES (1, 1, 1, 1, 'web1', 'apache', 'none', '/c', '/k', '/w')");
  admin_.write([&](Tx& tx) { change(tx, [](auto& access) { access.address = "192.0.2.9"; }); });
  test_.sql("UPDATE node SET enabled = false");
}

// The access changes and is committed while a node is being added.
TEST_F(Fit, a_node_that_is_added_meanwhile_finds_what_became_of_its_access) {
  EXPECT_EQ(unfit(admin_, [&](Tx& tx) {
    nodes::add(tx, node("lb1", "bigip"));
    EXPECT_EQ(lose_password_by_hand(), "");
  }), no_password_);
  EXPECT_EQ(test_.sql("SELECT count(*) FROM node"), "0");
}

// The node is there to be committed while the access changes: it waits, and does not pass.
TEST_F(Fit, a_node_waits_for_the_access_that_is_being_changed) {
  Database other(test_.settings_as_admin());
  std::string refused;
  std::jthread adds;
  admin_.write([&](Tx& tx) {
    tx.raw().exec("UPDATE access SET login_secret_sealed = NULL");  // with psql, which locks less of the row than we do
    adds = std::jthread([&] { refused = unfit(other, [&](Tx& theirs) { nodes::add(theirs, node("lb1", "bigip")); }); });
    until_one_waits();
  });
  adds.join();
  EXPECT_EQ(refused, no_password_);
  EXPECT_EQ(test_.sql("SELECT count(*) FROM node"), "0");
}

// The node has been found to fit: who changes its access now waits until it is there, and finds it.
TEST_F(Fit, an_access_waits_for_the_node_that_was_found_to_fit_it) {
  std::string refused;
  std::jthread changes;
  test_.sql("DROP TRIGGER new_node_fits_access ON node; CREATE CONSTRAINT TRIGGER new_node_fits_access"
            " AFTER INSERT ON node DEFERRABLE INITIALLY IMMEDIATE FOR EACH ROW EXECUTE FUNCTION keep_access_fit()");
  admin_.write([&](Tx& tx) {
    nodes::add(tx, node("lb1", "bigip"));
    changes = std::jthread([&] { refused = lose_password_by_hand(); });
    until_one_waits();
  });
  changes.join();
  EXPECT_THAT(refused, ::testing::HasSubstr("access a has no password, which nodes of kind bigip need"));
  EXPECT_EQ(test_.sql("SELECT login_secret_set FROM access"), "t");
}

TEST_F(Fit, who_would_not_see_what_others_added_meanwhile_does_not_change_an_access) {
  EXPECT_THROW(test_.sql("BEGIN ISOLATION LEVEL REPEATABLE READ; UPDATE access SET host_key = NULL; COMMIT"),
               std::exception);
}

}  // namespace
}  // namespace certfleet::store
