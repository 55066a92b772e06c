// Applies on a real database, as an administrator, the scheduler and the worker see them.
#include "lib/store/applies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/base/error.h"
#include "lib/store/nodes.h"
#include "lib/store/traces.h"
#include "tests/support/database/database.h"

namespace certfleet::store {
namespace {

using namespace std::chrono_literals;
using applies::End;

class Applies : public ::testing::Test {
 protected:
  Applies() {
    test_.sql(
        "INSERT INTO site (name) VALUES ('tokyo');"
        "INSERT INTO notification_table (name) VALUES ('ops');"
        "INSERT INTO notification_recipient VALUES (1, 'to', 1, 'ops@example.com');"
        "INSERT INTO user_group (name, notification_id) VALUES ('web', 1);"
        "INSERT INTO service (name, group_id, common_name) VALUES ('shop', 1, 'shop.example.com');"
        "INSERT INTO access (name, address, login_id, login_secret_sealed, host_key)"
        " VALUES ('a', '192.0.2.1', 'root', 'x', 'SHA256:' || repeat('A', 43));"
        "INSERT INTO node (service_id, site_id, access_id, name, kind, verify_mode, cert_file, key_file, "
        "work_dir)"
        " VALUES (1, 1, 1, 'web1', 'apache', 'none', '/c', '/k', '/w')");
  }

  void add_certificate(const std::string& serial = "0a", const std::string& left = "90 days", int slot = 1) {
    test_.sql(
        "INSERT INTO key_pair (service_id, algorithm, spki_sha256, key_sealed) VALUES (1, 'rsa-2048', '" +
        serial + "', 'box-" + serial + "')");
    test_.sql(
        "INSERT INTO certificate (service_id, slot, serial, sha256, common_name, not_before, not_after, "
        "leaf_pem,"
        " chain_pem, key_pair_id) VALUES (1, " +
        std::to_string(slot) + ", '" + serial +
        "', 'ff', 'x',"
        " now(), now() + interval '" +
        left + "', 'leaf', 'chain', (SELECT max(id) FROM key_pair))");
  }

  applies::Apply start() {
    return admin_.writing([](Tx& tx) { return applies::start_now(tx, NodeId(1), true); });
  }
  applies::Apply get(ApplyId id) {
    return worker_.reading([&](Tx& tx) { return applies::get(tx, id); });
  }
  std::string mails() { return test_.sql("SELECT string_agg(event, ' ' ORDER BY id) FROM mail"); }
  // As a worker that asks the node now.
  void served(const std::string& serial, const std::string& sha256, const std::string& state) {
    worker_.write([&](Tx& tx) {
      applies::record_served(tx, nodes::get(tx, NodeId(1)), serial, sha256, state);
    });
  }
  std::string seen() {
    return test_.sql("SELECT concat_ws(' ', served_serial, served_sha256, served_state) FROM node");
  }
  std::string status() { return test_.sql("SELECT apply_status FROM node"); }
  static std::optional<int> id_of(const std::function<void()>& body, Fault expected = Fault::conflict) {
    try {
      body();
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.fault(), expected) << failure.what();
      return failure.trace_id().value_or(0);
    }
    return std::nullopt;
  }

  certfleet::testing::TestDatabase test_;
  Database admin_{test_.settings_as_admin()};
  Database scheduler_{test_.settings_as("certfleet_scheduler")};
  Database worker_{test_.settings_as("certfleet_apply")};
};

TEST_F(Applies, a_start_is_one_transaction_row_status_and_job) {
  add_certificate();
  auto apply = start();
  EXPECT_EQ(apply.state, "started");
  EXPECT_EQ(apply.node_name, "web1");
  EXPECT_EQ(apply.service_name, "shop");
  EXPECT_EQ(apply.requested_by, "tester@example.com");
  EXPECT_GT(apply.request_no, 0);
  EXPECT_EQ(status(), "started");
  EXPECT_EQ(test_.sql("SELECT concat_ws(' ', kind, job.state, priority, subject_id, site_id, node_id, service_id,"
                      " concurrency_key, request_no) FROM job WHERE queue = 'apply'"),
            "apply.run ready 0 1 1 1 1 access:1 " + std::to_string(apply.request_no));
  EXPECT_EQ(mails(), "apply_started");
}

TEST_F(Applies, the_certificate_of_ours_that_expires_last_is_chosen) {
  add_certificate("0a", "30 days", 1);
  add_certificate("0b", "90 days", 2);
  auto apply = start();
  auto material = worker_.reading([&](Tx& tx) { return applies::material(tx, apply); });
  EXPECT_EQ(material.certificate.serial, "0b");
  EXPECT_EQ(material.key, "box-0b");
  EXPECT_EQ(material.spki_sha256, "0b");
}

TEST_F(Applies, nothing_starts_on_what_is_disabled_or_has_no_certificate) {
  EXPECT_EQ(id_of([&] { start(); }), 2404);
  test_.sql(
      "INSERT INTO certificate (service_id, slot, serial, sha256, common_name, not_before, not_after, "
      "leaf_pem,"
      " chain_pem) VALUES (1, 1, '01', 'ff', 'x', now(), now(), 'leaf', 'chain')");
  EXPECT_EQ(id_of([&] { start(); }), 2404) << "a certificate whose key is elsewhere can't be installed";
  add_certificate("02", "90 days", 2);
  test_.sql("UPDATE service SET enabled = false");
  EXPECT_EQ(id_of([&] { start(); }), 1615);
  test_.sql("UPDATE node SET enabled = false");
  EXPECT_EQ(id_of([&] { start(); }), 2611);
  EXPECT_EQ(
      id_of([&] { admin_.write([](Tx& tx) { applies::start_now(tx, NodeId(9), true); }); }, Fault::not_found),
      0);
  EXPECT_EQ(test_.sql("SELECT count(*) FROM apply"), "0");
  EXPECT_EQ(test_.sql("SELECT count(*) FROM job WHERE queue = 'apply'"), "0");
  EXPECT_EQ(status(), "none");
}

TEST_F(Applies, one_node_has_one_apply_under_way) {
  add_certificate();
  start();
  EXPECT_EQ(id_of([&] { start(); }), 0);
  EXPECT_EQ(id_of([&] { admin_.write([](Tx& tx) { applies::schedule(tx, NodeId(1), WallTime()); }); }), 0);
  EXPECT_EQ(test_.sql("SELECT count(*) FROM job WHERE queue = 'apply'"), "1");
}

TEST_F(Applies, a_scheduled_one_starts_when_it_is_due_and_not_before) {
  add_certificate();
  auto apply = admin_.writing(
      [](Tx& tx) { return applies::schedule(tx, NodeId(1), std::chrono::system_clock::now() + 1h); });
  EXPECT_EQ(apply.state, "scheduled");
  EXPECT_FALSE(apply.certificate);
  EXPECT_EQ(status(), "scheduled");
  EXPECT_EQ(scheduler_.writing([](Tx& tx) { return applies::start_due(tx, 10); }), 0);
  admin_.write([](Tx& tx) { applies::schedule(tx, NodeId(1), std::chrono::system_clock::now() - 1s); });
  auto [count, offers] = scheduler_.writing([](Tx& tx) {
    int due = applies::start_due(tx, 10);
    return std::pair(due, tx.ready_jobs().size());
  });
  EXPECT_EQ(count, 1);
  EXPECT_EQ(offers, 2u) << "the apply and its mail";
  auto started = get(apply.id);
  EXPECT_EQ(started.state, "started");
  EXPECT_TRUE(started.certificate);
  EXPECT_EQ(started.request_no, apply.request_no);
  EXPECT_EQ(test_.sql("SELECT priority FROM job WHERE queue = 'apply'"), "4");
}

TEST_F(Applies, a_due_one_that_may_not_start_ends_as_failed_with_a_trace) {
  add_certificate();
  auto apply = admin_.writing(
      [](Tx& tx) { return applies::schedule(tx, NodeId(1), std::chrono::system_clock::now()); });
  test_.sql("DELETE FROM certificate");
  scheduler_.write([](Tx& tx) { applies::start_due(tx, 10); });
  auto ended = get(apply.id);
  EXPECT_EQ(ended.state, "failed");
  EXPECT_EQ(ended.error, "the service shop has no certificate with a key of ours");
  EXPECT_EQ(status(), "failed");
  EXPECT_EQ(mails(), "apply_failed");
  EXPECT_EQ(test_.sql("SELECT concat_ws(' ', code, level, args[1], request_no) FROM trace"),
            "2404 W web1 " + std::to_string(apply.request_no));
  EXPECT_EQ(test_.sql("SELECT count(*) FROM job WHERE queue = 'apply'"), "0");
}

// Manual 7.2.2, 9.1.3.
TEST_F(Applies, a_due_one_of_what_is_disabled_is_cancelled_without_a_mail) {
  add_certificate();
  struct Disabled {
    const char* table;
    const char* trace;
  };
  for (const auto& [table, code] : {Disabled{"node", "2611"}, Disabled{"service", "1615"}}) {
    auto apply = admin_.writing(
        [](Tx& tx) { return applies::schedule(tx, NodeId(1), std::chrono::system_clock::now()); });
    test_.sql("UPDATE " + std::string(table) + " SET enabled = false");
    scheduler_.write([](Tx& tx) { applies::start_due(tx, 10); });
    auto ended = get(apply.id);
    EXPECT_EQ(ended.state, "cancelled") << table;
    EXPECT_THAT(ended.error.value_or(""), ::testing::HasSubstr("is disabled"));
    EXPECT_EQ(status(), "none") << table;
    EXPECT_EQ(mails(), "") << table;
    EXPECT_EQ(test_.sql("SELECT concat_ws(' ', code, level, args[1]) FROM trace ORDER BY id DESC LIMIT 1"),
              code + std::string(" W web1"));
    test_.sql("UPDATE " + std::string(table) + " SET enabled = true");
  }
  EXPECT_EQ(test_.sql("SELECT count(*) FROM job"), "0");
}

TEST_F(Applies, the_end_is_written_once_and_sets_the_nodes_status) {
  add_certificate();
  auto apply = start();
  EXPECT_TRUE(worker_.writing([&](Tx& tx) { return applies::end(tx, apply.id, End::rolled_back, "no"); }));
  EXPECT_FALSE(worker_.writing([&](Tx& tx) { return applies::end(tx, apply.id, End::applied, ""); }));
  EXPECT_EQ(get(apply.id).state, "rolled_back");
  EXPECT_EQ(get(apply.id).error, "no");
  EXPECT_EQ(status(), "rolled_back");
  EXPECT_EQ(mails(), "apply_started apply_failed");
  EXPECT_EQ(test_.sql("SELECT error FROM mail WHERE event = 'apply_failed'"), "no");
  auto second = start();
  EXPECT_TRUE(worker_.writing([&](Tx& tx) { return applies::end(tx, second.id, End::applied, ""); }));
  EXPECT_EQ(status(), "applied");
  EXPECT_EQ(mails(), "apply_started apply_failed apply_started apply_succeeded");
}

TEST_F(Applies, a_step_is_durable_and_keeps_its_reason) {
  add_certificate();
  auto apply = start();
  worker_.write([&](Tx& tx) { applies::record_step(tx, apply.id, "restoring", "configtest failed"); });
  worker_.write([&](Tx& tx) { applies::record_step(tx, apply.id, "restored", ""); });
  EXPECT_EQ(get(apply.id).step, "restored");
  EXPECT_EQ(get(apply.id).error, "configtest failed");
  worker_.write([&](Tx& tx) { applies::end(tx, apply.id, End::rolled_back, "configtest failed"); });
  EXPECT_EQ(id_of([&] { worker_.write([&](Tx& tx) { applies::record_step(tx, apply.id, "changing", ""); }); },
                  Fault::stale),
            0);
}

// What a node prints may be in any encoding: Latin-1, Shift-JIS, cut inside a character, with a NUL.
TEST_F(Applies, a_reason_in_any_bytes_is_written_down) {
  using namespace std::string_literals;
  add_certificate();
  auto apply = start();
  auto said = "caf\xe9 \x83\x5c\x00\nmore"s;
  worker_.write([&](Tx& tx) { applies::record_step(tx, apply.id, "restoring", said); });
  EXPECT_EQ(get(apply.id).error, "caf? ?\\? more");
  worker_.write([&](Tx& tx) { applies::end(tx, apply.id, End::rolled_back, said); });
  EXPECT_EQ(get(apply.id).state, "rolled_back");
  EXPECT_EQ(test_.sql("SELECT error FROM mail WHERE event = 'apply_failed'"), "caf? ?\\? more");
}

TEST_F(Applies, a_trace_in_any_bytes_holds_up_no_other) {
  using namespace std::string_literals;
  std::vector<traces::Stored> lines(2);
  lines[0].line = {std::chrono::system_clock::now(), trace::Level::error, "apply", 1818, 1, {"caf\xe9"s, "a\0b"s}};
  lines[1].line = {std::chrono::system_clock::now(), trace::Level::info, "apply", 1801, 2, {"well"}};
  worker_.write([&](Tx& tx) { traces::add(tx, lines); });
  EXPECT_EQ(test_.sql("SELECT string_agg(array_to_string(args, '|'), ' ' ORDER BY id) FROM trace"), "caf?|a?b well");
}

TEST_F(Applies, cancelling_ends_what_waits_and_asks_what_runs) {
  add_certificate();
  auto waiting = admin_.writing(
      [](Tx& tx) { return applies::schedule(tx, NodeId(1), std::chrono::system_clock::now()); });
  admin_.write([&](Tx& tx) { applies::cancel(tx, waiting.id); });
  EXPECT_EQ(get(waiting.id).state, "cancelled");
  EXPECT_EQ(status(), "none");
  auto running = start();
  admin_.write([&](Tx& tx) { applies::cancel(tx, running.id); });
  EXPECT_EQ(get(running.id).state, "started");
  EXPECT_EQ(test_.sql("SELECT cancel FROM job WHERE queue = 'apply'"), "t");
  test_.sql("DELETE FROM job");
  admin_.write([&](Tx& tx) { applies::cancel(tx, running.id); });
  EXPECT_EQ(get(running.id).state, "cancelled") << "its job is gone: nobody else would end it";
  EXPECT_EQ(id_of([&] { admin_.write([&](Tx& tx) { applies::cancel(tx, running.id); }); }), 0);
}

// Ended as cancelled it would count as intact (sql/checks/i5_node_intact.sql).
TEST_F(Applies, cancelling_one_whose_job_died_in_mid_change_does_not_hide_it) {
  add_certificate();
  auto apply = start();
  worker_.write([&](Tx& tx) { applies::record_step(tx, apply.id, "changing", ""); });
  test_.sql("DELETE FROM job");
  admin_.write([&](Tx& tx) { applies::cancel(tx, apply.id); });
  EXPECT_EQ(get(apply.id).state, "failed");
  EXPECT_EQ(status(), "failed");
  EXPECT_EQ(mails(), "apply_started apply_failed");
}

TEST_F(Applies, what_was_served_stays_when_a_node_can_not_be_reached) {
  test_.sql("UPDATE node SET verify_mode = 'address', verify_host = '192.0.2.1', verify_port = 443");
  served("0a", "ff", "match");
  served("", "", "unreachable");
  auto seen = worker_.reading([](Tx& tx) { return nodes::seen(tx, NodeId(1)); });
  EXPECT_EQ(seen.served_serial, "0a");
  EXPECT_EQ(seen.served_state, "unreachable");
  EXPECT_TRUE(seen.served_at);
}

// Manual 9.1.4: without verification no serial number is shown, and no other node's or service's ever.
TEST_F(Applies, what_was_served_is_forgotten_with_the_way_by_which_it_was_seen) {
  test_.sql("INSERT INTO service (name, group_id, common_name) VALUES ('mail', 1, 'mail.example.com')");
  const std::pair<const char*, std::function<void(domain::Node&)>> changes[] = {
      {"another name", [](domain::Node& node) { node.verify.name = "other.example.com"; }},
      {"another port", [](domain::Node& node) { node.verify.port = 8443; }},
      {"another host", [](domain::Node& node) { node.verify.host = "192.0.2.2"; }},
      {"by URL", [](domain::Node& node) { node.verify.mode = domain::VerifyMode::url; }},
      {"another service", [](domain::Node& node) { node.service = ServiceId(2); }},
      {"not at all", [](domain::Node& node) { node.verify = {}; }},
  };
  test_.sql("UPDATE node SET verify_mode = 'address', verify_host = '192.0.2.1', verify_port = 443");
  for (const auto& [what, change] : changes) {
    served("0a", "ff", "match");
    auto node = admin_.reading([](Tx& tx) { return nodes::get(tx, NodeId(1)); });
    node.name += "x";
    admin_.write([&](Tx& tx) { nodes::update(tx, node); });
    EXPECT_EQ(seen(), "0a ff match") << "its name is no part of the way";
    change(node);
    admin_.write([&](Tx& tx) { nodes::update(tx, node); });
    EXPECT_EQ(seen(), "") << what;
    EXPECT_EQ(test_.sql("SELECT served_at IS NULL FROM node"), "t") << what;
  }
}

TEST_F(Applies, what_was_seen_by_the_way_of_before_is_not_recorded) {
  test_.sql("UPDATE node SET verify_mode = 'address', verify_host = '192.0.2.1', verify_port = 443");
  auto asked = worker_.reading([](Tx& tx) { return nodes::get(tx, NodeId(1)); });
  test_.sql("UPDATE node SET verify_mode = 'none', verify_host = NULL, verify_port = NULL");
  worker_.write([&](Tx& tx) { applies::record_served(tx, asked, "0a", "ff", "match"); });
  EXPECT_EQ(seen(), "");
  test_.sql("UPDATE node SET verify_mode = 'address', verify_host = '192.0.2.1', verify_port = 8443");
  worker_.write([&](Tx& tx) { applies::record_served(tx, asked, "0a", "ff", "match"); });
  EXPECT_EQ(seen(), "");
  served("0b", "ee", "other");
  EXPECT_EQ(seen(), "0b ee other");
}

}  // namespace
}  // namespace certfleet::store
