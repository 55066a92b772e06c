// The rotation of the sealing key as the database keeps it, on a real one: as an administrator and as workers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <thread>

#include "lib/base/error.h"
#include "lib/pki/sealed_box.h"
#include "lib/pki/text.h"
#include "lib/store/job_store.h"
#include "lib/store/sealed_columns.h"
#include "lib/store/sealing_keys.h"
#include "tests/support/database/database.h"
#include "tests/support/failure.h"

namespace certfleet::store {
namespace {

using certfleet::testing::failure_of;
using ::testing::HasSubstr;
using std::chrono::seconds;

class SealingRotation : public ::testing::Test {
 protected:
  SealingRotation() : admin_(test_.settings_as_admin()) {
    Database owner(test_.settings());
    owner.write([&](Tx& tx) { sealing_keys::add(tx, {old_.id(), old_.public_key().bytes, true}); });
  }
  std::unique_ptr<JobStore> worker(const std::string& role = "certfleet_apply") {
    return postgres_job_store(test_.settings_as(role));
  }
  static SessionInfo info(std::vector<std::string> keys) {
    return {domain::Queue::apply, SiteId(), "host-a", 1, 4, {}, std::move(keys)};
  }
  void offer() {
    admin_.write([&](Tx& tx) { sealing_keys::offer(tx, new_.public_key().bytes); });
  }
  void activate() {
    admin_.write([&](Tx& tx) { sealing_keys::activate(tx, new_.id()); });
  }
  void retire(const std::string& id) {
    admin_.write([&](Tx& tx) { sealing_keys::retire(tx, id); });
  }
  std::string active() {
    return admin_.reading([](Tx& tx) { return sealing_keys::active(tx); }).id;
  }
  std::string state(const std::string& id) {
    for (const auto& row : admin_.reading([](Tx& tx) { return sealing_keys::rows(tx); }))
      if (row.id == id) return std::string(to_string(row.state));
    return "none";
  }
  std::string box(const pki::SealingKey& key) {
    auto bytes = pki::seal(key.public_key(), domain::purpose::access_login, pki::Secret::of("hunter2"));
    return "decode('" + pki::to_hex(bytes) + "', 'hex')";
  }
  void add_access(const std::string& name, const pki::SealingKey& key) {
    test_.sql("INSERT INTO access (name, address, login_id, login_secret_sealed) VALUES ('" + name +
              "', '192.0.2.1', 'u', " + box(key) + ")");
  }

  certfleet::testing::TestDatabase test_;
  Database admin_;
  pki::SealingKey old_ = pki::SealingKey::generate();
  pki::SealingKey new_ = pki::SealingKey::generate();
};

TEST_F(SealingRotation, nothing_is_sealed_to_a_key_that_is_only_offered) {
  offer();
  EXPECT_EQ(active(), old_.id());
  EXPECT_EQ(state(new_.id()), "offered");
  EXPECT_EQ(test_.sql("SELECT encode(public_key, 'hex') FROM sealing_key WHERE id = '" + new_.id() + "'"),
            pki::to_hex(new_.public_key().bytes));
}

TEST_F(SealingRotation, one_key_is_offered_at_a_time) {
  offer();
  offer();  // the same one again is the same rotation
  auto failure = failure_of([&] {
    admin_.write([](Tx& tx) { sealing_keys::offer(tx, pki::SealingKey::generate().public_key().bytes); });
  });
  EXPECT_EQ(failure.fault(), Fault::conflict);
  EXPECT_THAT(failure.what(), HasSubstr(new_.id() + " is offered already"));
}

TEST_F(SealingRotation, a_key_has_32_bytes) {
  for (std::size_t size : {31U, 33U})
    EXPECT_THAT(failure_of([&] {
                  admin_.write([&](Tx& tx) { sealing_keys::offer(tx, std::string(size, 'k')); });
                }).what(),
                HasSubstr("32 bytes"));
}

TEST_F(SealingRotation, it_is_not_activated_while_a_living_worker_lacks_it) {
  auto one = worker();
  auto two = worker("certfleet_mail");
  auto first = one->open_session(info({old_.id()}), seconds(60));
  auto second = two->open_session(info({old_.id()}), seconds(60));
  offer();
  one->report_sealing_keys(first, {old_.id(), new_.id()});
  auto failure = failure_of([&] { activate(); });
  EXPECT_EQ(failure.fault(), Fault::conflict);
  EXPECT_THAT(failure.what(), HasSubstr("is not yet on host-a"));
  EXPECT_EQ(active(), old_.id());
  two->report_sealing_keys(second, {old_.id(), new_.id()});
  activate();
  EXPECT_EQ(active(), new_.id());
  EXPECT_EQ(state(old_.id()), "old");
}

TEST_F(SealingRotation, it_is_not_activated_before_a_worker_has_shown_that_it_exists) {
  offer();
  auto csr = worker("certfleet_csr");  // opens nothing, so it does not count
  csr->open_session({domain::Queue::csr, SiteId(), "host-a", 1, 4}, seconds(60));
  EXPECT_THAT(failure_of([&] { activate(); }).what(), HasSubstr("no running worker holds"));
  // Neither does one whose session has lapsed.
  auto gone = worker();
  gone->open_session(info({old_.id(), new_.id()}), seconds(60));
  test_.sql("UPDATE session SET expires_at = now() - interval '1 s' WHERE sealing_keys <> '{}'");
  EXPECT_THAT(failure_of([&] { activate(); }).what(), HasSubstr("no running worker holds"));
}

TEST_F(SealingRotation, a_worker_without_a_key_in_use_gets_no_session_and_so_no_box) {
  auto good = worker();
  good->open_session(info({old_.id(), new_.id()}), seconds(60));
  offer();
  // An offered key may be missing: nothing is sealed to it.
  EXPECT_NO_THROW(worker()->open_session(info({old_.id()}), seconds(1)));
  test_.sql("DELETE FROM session WHERE NOT '" + new_.id() + "' = ANY (sealing_keys)");
  activate();
  for (const auto& [held, missing] : {std::pair(old_.id(), new_.id()), std::pair(new_.id(), old_.id())}) {
    auto failure = failure_of([&] { worker()->open_session(info({held}), seconds(60)); });
    EXPECT_EQ(failure.fault(), Fault::denied);
    EXPECT_THAT(failure.what(), HasSubstr("sealing key " + missing + " is in use"));
  }
  EXPECT_NO_THROW(worker()->open_session(info({old_.id(), new_.id()}), seconds(60)));
  retire(old_.id());
  EXPECT_NO_THROW(worker()->open_session(info({new_.id()}), seconds(60)));
}

// Whichever comes first, the worker or the activation: never both a living worker without the key and the key active.
TEST_F(SealingRotation, a_worker_that_comes_while_the_key_is_activated_takes_its_turn) {
  auto good = worker();
  auto session = good->open_session(info({old_.id(), new_.id()}), seconds(60));
  offer();
  for (int round = 0; round < 20; ++round) {
    std::thread coming([&] {
      try {
        worker()->open_session(info({old_.id()}), seconds(60));
      } catch (const Failure&) {
        // refused: the key was active already
      }
    });
    try {
      activate();
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.fault(), Fault::conflict);
    }
    coming.join();
    auto lacking = test_.sql("SELECT count(*) FROM session WHERE NOT '" + new_.id() + "' = ANY (sealing_keys)");
    EXPECT_TRUE(active() == old_.id() || lacking == "0") << round;
    test_.sql("DELETE FROM session WHERE id <> " + std::to_string(session.value()));
    test_.sql("UPDATE sealing_key SET active = false; UPDATE sealing_key SET active = (id = '" + old_.id() +
              "'), activated_at = CASE WHEN id = '" + old_.id() + "' THEN now() END");
  }
}

TEST_F(SealingRotation, the_workers_are_told_to_seal_anew_once_each) {
  worker()->open_session(info({old_.id(), new_.id()}), seconds(60));
  offer();
  activate();
  admin_.write([](Tx& tx) { sealing_keys::start_reseal(tx); });
  EXPECT_EQ(test_.sql("SELECT string_agg(kind, ' ' ORDER BY kind) FROM job"), "apply.reseal mail.reseal order.reseal");
}

TEST_F(SealingRotation, a_key_is_retired_only_when_nothing_is_sealed_to_it) {
  add_access("a", old_);
  add_access("b", old_);
  worker()->open_session(info({old_.id(), new_.id()}), seconds(60));
  offer();
  EXPECT_THAT(failure_of([&] { retire(old_.id()); }).what(), HasSubstr("is the active one"));
  activate();
  auto failure = failure_of([&] { retire(old_.id()); });
  EXPECT_EQ(failure.fault(), Fault::conflict);
  EXPECT_THAT(failure.what(), HasSubstr("2 secrets are still sealed to key " + old_.id()));
  test_.sql("DELETE FROM access WHERE name = 'a'; UPDATE access SET login_secret_sealed = " + box(new_));
  retire(old_.id());
  EXPECT_EQ(state(old_.id()), "retired");
  EXPECT_THAT(failure_of([&] { activate(); retire(new_.id()); }).what(), HasSubstr("is the active one"));
}

TEST_F(SealingRotation, a_rotation_can_be_given_up_before_the_key_is_active) {
  offer();
  retire(new_.id());
  EXPECT_EQ(state(new_.id()), "retired");
  EXPECT_THAT(failure_of([&] { activate(); }).what(), HasSubstr("there is no sealing key"));
  admin_.write([](Tx& tx) { sealing_keys::offer(tx, pki::SealingKey::generate().public_key().bytes); });
}

// Whoever sealed to the key before its retirement and comes to store it afterwards.
TEST_F(SealingRotation, nothing_is_stored_that_is_sealed_to_a_retired_key) {
  worker()->open_session(info({old_.id(), new_.id()}), seconds(60));
  offer();
  activate();
  retire(old_.id());
  test_.sql("INSERT INTO notification_table (name) VALUES ('n'); INSERT INTO user_group (name) VALUES ('g');"
            "INSERT INTO service (name, group_id, common_name) VALUES ('s', 1, 's.example.com')");
  EXPECT_THROW(test_.sql("INSERT INTO key_pair (service_id, algorithm, spki_sha256, key_sealed) VALUES (1, 'rsa-2048',"
                         " 'x', " + box(old_) + ")"),
               std::exception);
  EXPECT_THROW(add_access("a", old_), std::exception);
  EXPECT_NO_THROW(add_access("a", new_));
  EXPECT_EQ(test_.sql("SELECT count(*) FROM key_pair"), "0");
}

// A column whose secrets nobody could seal anew would keep a key in use for ever.
TEST_F(SealingRotation, every_sealed_column_is_sealed_anew_by_exactly_one_kind_of_worker) {
  std::map<std::string, int> times;
  for (const auto* role : {"certfleet_apply", "certfleet_order", "certfleet_mail"}) {
    Database database(test_.settings_as(role));
    for (const auto& column : database.reading([](Tx& tx) { return sealed_columns::own(tx); }))
      ++times[sealed_columns::field_of(column)];
  }
  for (const auto* role : {"certfleet_csr", "certfleet_verify", "certfleet_scheduler"}) {
    Database database(test_.settings_as(role));
    EXPECT_TRUE(database.reading([](Tx& tx) { return sealed_columns::own(tx); }).empty()) << role;
  }
  EXPECT_EQ(std::to_string(times.size()), test_.sql("SELECT count(*) FROM sealed_columns()"));
  for (const auto& [field, number] : times) EXPECT_EQ(number, 1) << field;
  EXPECT_EQ(test_.sql("SELECT count(DISTINCT table_name) FROM sealed_columns()"),
            test_.sql("SELECT count(*) FROM pg_trigger WHERE tgname = 'refuse_retired_key'"));
}

TEST_F(SealingRotation, only_an_administrator_moves_it_on) {
  for (const std::string role : {"certfleet_viewer", "certfleet_apply", "certfleet_csr", "certfleet_scheduler"})
    for (const std::string function : {"offer_sealing_key", "activate_sealing_key", "retire_sealing_key"})
      EXPECT_EQ(test_.sql("SELECT has_function_privilege('" + role + "', oid, 'EXECUTE') FROM pg_proc"
                          " WHERE proname = '" + function + "'"),
                "f")
          << role << " " << function;
  EXPECT_EQ(test_.sql("SELECT has_table_privilege('certfleet_admin', 'sealing_key', 'INSERT, UPDATE, DELETE')"), "f");
}

}  // namespace
}  // namespace certfleet::store
