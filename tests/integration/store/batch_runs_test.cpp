// The batch runs on a real database, with the scheduler's rights.
#include "lib/store/batch_runs.h"

#include <gtest/gtest.h>

#include <thread>

#include "lib/base/error.h"
#include "lib/store/schedules.h"
#include "lib/store/settings.h"
#include "tests/support/database/database.h"

namespace certfleet::store {
namespace {

class BatchRuns : public ::testing::Test {
 protected:
  BatchRuns() {
    db_.sql("UPDATE schedule SET enabled = false");
    db_.sql(
        "INSERT INTO site (name) VALUES ('tokyo'); INSERT INTO user_group (name) VALUES ('web');"
        "INSERT INTO ca_account (name, kind, directory_url) VALUES ('ca', 'acme', 'https://ca.example.com/dir');"
        "INSERT INTO access (name, address, login_id, login_secret_sealed, host_key)"
        " VALUES ('a', '192.0.2.1', 'root', 'x', 'SHA256:' || repeat('A', 43))");
  }

  // Numbers from 1 on, as they are added.
  void add_service(const std::string& name, const std::string& ends = "now() + interval '10 days'") {
    db_.sql("INSERT INTO service (name, group_id, common_name, ca_account_id) VALUES ('" + name +
            "', 1, 'www.example.com', 1)");
    db_.sql("INSERT INTO key_spec (service_id, algorithm) SELECT max(id), 'ecdsa-p256' FROM service");
    db_.sql("INSERT INTO key_pair (service_id, algorithm, spki_sha256, key_sealed)"
            " SELECT max(id), 'x', 'x', 'x' FROM service");
    db_.sql("INSERT INTO certificate (service_id, slot, serial, sha256, common_name, not_before, not_after, leaf_pem,"
            " chain_pem, key_pair_id) SELECT max(id), 1, '01', md5(max(id)::text), 'www.example.com', now(), " +
            ends + ", '', '', max(id) FROM service");
  }
  void add_node(int service, const std::string& name, const std::string& mode = "address") {
    db_.sql("INSERT INTO node (service_id, site_id, access_id, name, kind, verify_mode, verify_host, verify_port,"
            " cert_file, key_file, work_dir) VALUES (" +
            std::to_string(service) + ", 1, 1, '" + name + "', 'apache', '" + mode +
            "', '192.0.2.1', 443, '/c', '/k', '/w')");
  }
  void due(const std::string& task, const std::string& when = "now() - interval '1 second'") {
    db_.sql("UPDATE schedule SET enabled = true, due_at = " + when + " WHERE task = '" + task + "'");
  }
  int make(int rows_max = 100) {
    return scheduler_.writing([&](Tx& tx) { return batch_runs::make_due(tx, rows_max); });
  }
  std::string jobs() { return db_.sql("SELECT string_agg(kind || ' ' || subject_id, ', ' ORDER BY id) FROM job"); }

  testing::TestDatabase db_;
  Database scheduler_{db_.settings_as("certfleet_scheduler")};
  Database owner_{db_.settings()};
};

TEST_F(BatchRuns, a_run_is_made_when_its_time_has_come_and_once) {
  due("expiry-scan", "now() + interval '1 hour'");
  EXPECT_EQ(make(), 0);
  due("expiry-scan");
  EXPECT_EQ(make(), 1);
  EXPECT_EQ(make(), 0);
  EXPECT_EQ(jobs(), "verify.expiry 0");
  EXPECT_EQ(db_.sql("SELECT ran_at = now() OR ran_at > now() - interval '1 minute' AND ran_due_at < ran_at"
                    " AND due_at > now() FROM schedule WHERE task = 'expiry-scan'"),
            "t");
  EXPECT_EQ(db_.sql("SELECT string_agg(level::text || code || ' ' || args[1], ',') FROM trace"), "I1211 expiry-scan");
}

TEST_F(BatchRuns, a_missed_run_is_made_up_once_and_said_so) {
  db_.sql("UPDATE schedule SET cron = '0 * * * *'");
  due("expiry-scan", "date_trunc('hour', now()) - interval '3 days'");
  EXPECT_EQ(make(), 1);
  EXPECT_EQ(make(), 0);
  EXPECT_EQ(jobs(), "verify.expiry 0");
  EXPECT_EQ(db_.sql("SELECT due_at = date_trunc('hour', now()) + interval '1 hour' FROM schedule"
                    " WHERE task = 'expiry-scan'"),
            "t");
  EXPECT_EQ(db_.sql("SELECT string_agg(level::text || code, ',') FROM trace"), "W1212");
}

TEST_F(BatchRuns, what_is_disabled_is_not_made_and_not_made_up_later) {
  due("expiry-scan");
  auto schedule = owner_.reading([](Tx& tx) { return *schedules::find(tx, "expiry-scan"); });
  schedule.enabled = false;
  owner_.write([&](Tx& tx) { schedules::update(tx, schedule); });
  EXPECT_EQ(make(), 0);
  schedule.enabled = true;
  owner_.write([&](Tx& tx) { schedules::update(tx, schedule); });
  EXPECT_EQ(make(), 0);
  EXPECT_EQ(db_.sql("SELECT due_at > now() FROM schedule WHERE task = 'expiry-scan'"), "t");
}

TEST_F(BatchRuns, a_change_of_the_set_time_forgets_no_missed_run) {
  due("expiry-scan", "now() - interval '1 day'");
  auto schedule = owner_.reading([](Tx& tx) { return *schedules::find(tx, "expiry-scan"); });
  schedule.cron = "30 3 * * *";
  owner_.write([&](Tx& tx) { schedules::update(tx, schedule); });
  EXPECT_EQ(make(), 1);
  EXPECT_EQ(db_.sql("SELECT to_char(due_at AT TIME ZONE 'UTC', 'HH24:MI') FROM schedule WHERE task = 'expiry-scan'"),
            "03:30");
}

TEST_F(BatchRuns, follow_the_installations_time_zone_unless_they_have_their_own) {
  db_.sql("UPDATE schedule SET enabled = true, cron = '0 6 * * *'");
  db_.sql("UPDATE schedule SET time_zone = 'America/New_York' WHERE task = 'verify'");
  make();
  auto local = [&](const std::string& task, const std::string& zone) {
    return db_.sql("SELECT to_char(due_at AT TIME ZONE '" + zone + "', 'HH24:MI') FROM schedule WHERE task = '" + task +
                   "'");
  };
  EXPECT_EQ(local("expiry-scan", "UTC"), "06:00");
  owner_.write([](Tx& tx) {
    auto settings = settings::get(tx);
    settings.time_zone = "Asia/Tokyo";
    settings::update(tx, settings);
  });
  EXPECT_EQ(local("expiry-scan", "Asia/Tokyo"), "06:00");
  EXPECT_EQ(local("verify", "America/New_York"), "06:00");
}

TEST_F(BatchRuns, a_set_time_that_can_not_be_planned_is_told_and_keeps_no_other_from_running) {
  due("expiry-scan");
  due("verify");
  db_.sql("UPDATE schedule SET time_zone = 'Mars/Olympus' WHERE task = 'verify'");
  EXPECT_EQ(make(), 2);
  EXPECT_EQ(jobs(), "verify.expiry 0");
  EXPECT_EQ(db_.sql("SELECT count(*) FROM trace WHERE code = 1213 AND level = 'E'"), "1");
  EXPECT_EQ(make(), 0) << "tried again in an hour";
}

TEST_F(BatchRuns, verify_looks_at_every_enabled_node_in_parts_and_skips_the_others) {
  add_service("shop");
  add_service("old");
  db_.sql("UPDATE service SET enabled = false WHERE name = 'old'");
  for (int i = 1; i <= 5; ++i) add_node(1, "web" + std::to_string(i));
  add_node(1, "blind", "none");
  add_node(1, "off");
  add_node(2, "of_old");
  db_.sql("UPDATE node SET enabled = false WHERE name = 'off'");
  due("verify");
  EXPECT_EQ(make(2), 1);
  EXPECT_EQ(jobs(), "verify.node 1, verify.node 2");
  EXPECT_EQ(make(2), 1) << "the run goes on where it was";
  EXPECT_EQ(make(2), 1);
  EXPECT_EQ(make(2), 0);
  EXPECT_EQ(db_.sql("SELECT count(*), count(DISTINCT subject_id) FROM job"), "5");
  EXPECT_EQ(db_.sql("SELECT count(*) FROM trace WHERE code = 1211"), "1");
  due("verify");
  make();
  EXPECT_EQ(db_.sql("SELECT count(*) FROM job"), "5") << "one that still waits is enough";
}

TEST_F(BatchRuns, orders_start_what_ends_within_the_days) {
  add_service("soon", "now() + interval '30 days' - interval '1 minute'");
  add_service("later", "now() + interval '30 days' + interval '1 minute'");
  add_service("disabled");
  db_.sql("UPDATE service SET enabled = false WHERE name = 'disabled'");
  add_service("by_hand");
  db_.sql("UPDATE service SET ca_account_id = NULL WHERE name = 'by_hand'");
  add_service("under_way");
  db_.sql("INSERT INTO ca_order (service_id, ca_account_id, state, scheduled_at)"
          " VALUES (5, 1, 'scheduled', now() + interval '1 year')");
  add_service("failed");
  db_.sql("INSERT INTO ca_order (service_id, ca_account_id, state, ended_at)"
          " VALUES (6, 1, 'failed', now() - interval '7 days' + interval '1 minute')");
  add_service("failed_long_ago");
  db_.sql("INSERT INTO ca_order (service_id, ca_account_id, state, ended_at)"
          " VALUES (7, 1, 'failed', now() - interval '7 days' - interval '1 minute')");
  add_service("not_automatic");
  db_.sql("UPDATE service SET auto_order = false WHERE name = 'not_automatic'");
  add_service("without_its_csr");
  db_.sql("UPDATE service SET csr_source = 'stored' WHERE name = 'without_its_csr'");
  add_service("with_its_csr");
  db_.sql("UPDATE service SET csr_source = 'stored' WHERE name = 'with_its_csr'");
  db_.sql("INSERT INTO csr (service_id, pem) SELECT max(id), 'x' FROM service");
  due("orders");
  while (make(3) > 0) {
  }
  EXPECT_EQ(db_.sql("SELECT string_agg(s.name, ',' ORDER BY s.id) FROM ca_order o JOIN service s ON s.id = o.service_id"
                    " WHERE o.state = 'scheduled' AND o.scheduled_at <= now()"),
            "soon,failed_long_ago,with_its_csr");
}

TEST_F(BatchRuns, applies_start_where_something_older_was_installed) {
  add_service("shop");
  for (const auto* name : {"older", "never", "has_it", "serves_it", "under_way", "failed", "off"}) add_node(1, name);
  db_.sql("UPDATE node SET enabled = false WHERE name = 'off'");
  db_.sql("UPDATE node SET served_sha256 = (SELECT sha256 FROM certificate) WHERE name = 'serves_it'");
  db_.sql("INSERT INTO apply (node_id, state, ended_at) SELECT id, 'applied', now() - interval '1 year' FROM node"
          " WHERE name <> 'never'");
  db_.sql("INSERT INTO apply (node_id, state, ended_at, certificate_id)"
          " SELECT id, 'applied', now() - interval '1 year', 1 FROM node WHERE name = 'has_it'");
  db_.sql("INSERT INTO apply (node_id, state) SELECT id, 'started' FROM node WHERE name = 'under_way'");
  db_.sql("INSERT INTO apply (node_id, state, ended_at, certificate_id) SELECT id, 'rolled_back', now(), 1 FROM node"
          " WHERE name = 'failed'");
  due("applies");
  while (make(2) > 0) {
  }
  EXPECT_EQ(db_.sql("SELECT string_agg(n.name, ',') FROM apply a JOIN node n ON n.id = a.node_id"
                    " WHERE a.state = 'scheduled'"),
            "older");
  EXPECT_EQ(db_.sql("SELECT apply_status FROM node WHERE name = 'older'"), "scheduled");
}

TEST_F(BatchRuns, many_who_try_at_once_make_a_run_once) {
  add_service("shop");
  for (int i = 1; i <= 40; ++i) add_node(1, "web" + std::to_string(i));
  for (const auto* task : {"expiry-scan", "verify", "orders"}) due(task);
  std::atomic<int> going{0};
  {
    std::vector<std::jthread> all;
    for (int i = 0; i < 6; ++i)
      all.emplace_back([&] {
        Database database(db_.settings_as("certfleet_scheduler"));
        ++going;
        while (going < 6) std::this_thread::yield();
        for (int turn = 0; turn < 20; ++turn) database.write([](Tx& tx) { batch_runs::make_due(tx, 3); });
      });
  }
  while (make(3) > 0) {
  }
  EXPECT_EQ(db_.sql("SELECT count(*) FILTER (WHERE kind = 'verify.node') || ' ' ||"
                    " count(*) FILTER (WHERE kind = 'verify.expiry') FROM job"),
            "40 1");
  EXPECT_EQ(db_.sql("SELECT count(*) FROM ca_order"), "1");
  EXPECT_EQ(db_.sql("SELECT count(*) FROM trace WHERE code = 1211"), "3");
}

TEST_F(BatchRuns, what_a_person_enters_is_checked) {
  auto set = [&](auto&& change) {
    owner_.write([&](Tx& tx) {
      auto schedule = *schedules::find(tx, "orders");
      change(schedule);
      schedules::update(tx, schedule);
    });
  };
  EXPECT_THROW(set([](auto& s) { s.cron = "0 25 * * *"; }), Failure);
  EXPECT_THROW(set([](auto& s) { s.time_zone = "Asia/Tokio"; }), Failure);
  EXPECT_THROW(set([](auto& s) { s.within_days = 366; }), Failure);
  EXPECT_THROW(set([](auto& s) { s.task = "dinner"; s.within_days.reset(); }), Failure);
  EXPECT_NO_THROW(set([](auto& s) { s.within_days = 365; s.enabled = true; }));
  EXPECT_EQ(db_.sql("SELECT count(*) FROM audit WHERE table_name = 'schedule' AND row_id = 'orders'"
                    " AND after ->> 'within_days' = '365'"),
            "1");
}

}  // namespace
}  // namespace certfleet::store
