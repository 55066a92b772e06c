// The checks of `certfleet doctor`: each is made to find something, by damage done to a throw-away database.
#include "lib/store/checks.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>

#include "lib/base/error.h"
#include "lib/store/daemons.h"
#include "lib/store/jobs.h"
#include "tests/support/database/database.h"
#include "tests/support/eventually.h"

namespace certfleet::store {
namespace {

using namespace std::chrono_literals;

class Checks : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    certfleet::testing::TestDatabase any;
    any.sql("DO $$ BEGIN CREATE ROLE checks_viewer LOGIN IN ROLE certfleet_viewer;"
            " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$");
  }

  // What a check found, as a person who may only look: subject and count of what there is.
  std::map<std::string, std::int64_t> found(const std::string& name) {
    std::map<std::string, std::int64_t> counts;
    for (const auto& row : viewer_.reading([&](Tx& tx) { return checks::run(tx, name); }))
      if (row.found > 0) counts[row.subject] = row.found;
    return counts;
  }
  using Found = std::map<std::string, std::int64_t>;

  void sql(const std::string& statement) { db_.sql(statement); }
  // A job of a queue in a state; `more` are further columns and their values.
  void job(const std::string& kind, const std::string& state, const std::string& columns = "",
           const std::string& values = "") {
    auto queue = kind.substr(0, kind.find('.'));
    sql(fmt::format("INSERT INTO job (kind, queue, admitted, priority, attempts_max, time_limit{}) VALUES"
                    " ('{}', '{}', '{}', 4, 3, '1 minute'{})",
                    columns, kind, queue, state != "waiting", values));
  }
  void ended(const std::string& id, const std::string& kind = "apply.run") {
    sql(fmt::format("INSERT INTO job_history (id, created_at, queue, outcome, priority, attempts_failed, deliveries,"
                    " crashes, request_no, fence, subject_id, kind) VALUES ({}, now(), 'apply', 'done', 4, 0, 1, 0, 0,"
                    " 1, 0, '{}')",
                    id, kind));
  }
  void dead(const std::string& id, const std::string& kind, const std::string& subject = "0") {
    sql(fmt::format("INSERT INTO job_dead (id, kind, queue, priority, attempts_max, time_limit, subject_id)"
                    " VALUES ({}, '{}', '{}', 4, 3, '1 minute', {})",
                    id, kind, kind.substr(0, kind.find('.')), subject));
  }
  void session(const std::string& queue, const std::string& expires, const std::string& columns = "",
               const std::string& values = "") {
    sql(fmt::format("INSERT INTO session (queue, host, pid, slots, expires_at{}) VALUES ('{}', 'host', 7, 1, {}{})",
                    columns, queue, expires, values));
  }
  // A service with a node and an account at a CA, each the first of its kind.
  void inventory() {
    sql("INSERT INTO user_group (name) VALUES ('web');"
        "INSERT INTO notification_table (name) VALUES ('all');"
        "INSERT INTO site (name) VALUES ('tokyo');"
        "INSERT INTO ca_account (name, kind, directory_url) VALUES ('ca', 'acme', 'https://ca.example.com/dir');"
        "INSERT INTO service (name, group_id, common_name) VALUES ('shop', 1, 'shop.example.com'),"
        " ('mail', 1, 'mail.example.com');"
        "INSERT INTO access (name, address, login_id, login_secret_sealed, host_key)"
        " VALUES ('web1', '192.0.2.1', 'deploy', decode('01' || repeat('00', 60), 'hex'),"
        " 'SHA256:' || repeat('A', 43));"
        "INSERT INTO node (service_id, site_id, access_id, name, kind, verify_mode, cert_file, key_file, work_dir)"
        " VALUES (1, 1, 1, 'web1', 'apache', 'none', '/a', '/b', '/c')");
  }
  void order(const std::string& state, const std::string& url = "NULL") {
    sql(fmt::format("INSERT INTO ca_order (service_id, ca_account_id, state, order_url) VALUES (1, 1, '{}', {})", state,
                    url));
  }

  certfleet::testing::TestDatabase db_;
  Database viewer_{db_.settings_as("checks_viewer")};
};

TEST_F(Checks, a_new_installation_has_nothing_to_report_but_what_does_not_run_yet) {
  for (const auto& name : checks::names()) {
    if (name == "sealing_keys" || name == "transactions") continue;  // no key yet; the server is shared
    EXPECT_EQ(found(name), Found{}) << name;
  }
  EXPECT_EQ(viewer_.reading([](Tx& tx) { return checks::run(tx, "workers"); }).size(), 5U) << "one a queue";
}

TEST_F(Checks, each_invariant_has_a_check) {
  for (int number = 1; number <= 7; ++number)
    EXPECT_EQ(std::ranges::count_if(checks::names(),
                                    [&](const auto& name) { return name.starts_with(fmt::format("i{}_", number)); }),
              1)
        << number;
}

TEST_F(Checks, nobody_but_people_may_ask) {
  for (const auto* role : {"certfleet_broker", "certfleet_mail"}) {
    Database other(db_.settings_as(role));
    EXPECT_THROW(other.reading([](Tx& tx) { return checks::run(tx, "dead_jobs"); }), Failure) << role;
  }
}

TEST_F(Checks, i1_sees_a_job_in_two_places_and_work_that_lost_its_job) {
  job("apply.run", "ready");
  ended("(SELECT min(id) FROM job)");
  EXPECT_EQ(found("i1_every_job_ends"), (Found{{"two_places", 1}}));
  sql("DELETE FROM job_history; DELETE FROM job");
  inventory();
  order("started");
  sql("INSERT INTO apply (node_id, state) VALUES (1, 'started')");
  EXPECT_EQ(found("i1_every_job_ends"), (Found{{"order", 1}, {"apply", 1}}));
  job("csr.make", "ready", ", subject_id, concurrency_key", ", 1, 'order:1'");
  job("apply.run", "waiting", ", subject_id, concurrency_key", ", 1, 'access:1'");
  EXPECT_EQ(found("i1_every_job_ends"), Found{});
  sql("UPDATE job SET concurrency_key = 'access:99' WHERE kind = 'apply.run'");
  EXPECT_EQ(found("i1_every_job_ends"), Found{}) << "the node's access has changed since";
  sql("DELETE FROM job");
  sql("INSERT INTO job_dead (id, kind, queue, priority, attempts_max, time_limit, subject_id, concurrency_key)"
      " VALUES (1, 'order.place', 'order', 4, 3, '1 minute', 1, 'order:1')");
  dead("2", "apply.run", "1");
  EXPECT_EQ(found("i1_every_job_ends"), Found{}) << "a dead job is an end that a person sees";
}

TEST_F(Checks, i2_sees_two_ends_and_a_claim_without_a_fence) {
  ended("7");
  EXPECT_EQ(found("i2_effects_once"), Found{});
  ended("7");
  dead("7", "apply.run");
  session("apply", "now() + interval '1 minute'");
  job("apply.run", "running", ", session_id, fence, deliveries", ", 1, 1, 2");
  EXPECT_EQ(found("i2_effects_once"), (Found{{"ended_twice", 1}, {"dead_and_ended", 1}, {"fence", 1}}));
}

TEST_F(Checks, i3_sees_a_key_that_two_jobs_hold_and_that_nothing_prevents_it) {
  sql("DROP INDEX job_key_holder");
  EXPECT_EQ(found("i3_one_job_a_key"), (Found{{"guard", 1}}));
  for (int i = 0; i < 2; ++i) job("apply.run", "ready", ", concurrency_key", ", 'access:1'");
  EXPECT_EQ(found("i3_one_job_a_key"), (Found{{"guard", 1}, {"key", 1}}));
}

TEST_F(Checks, i4_sees_double_orders_and_lost_references) {
  inventory();
  order("placed", "'https://ca.example.com/order/1'");
  EXPECT_EQ(found("i4_order_once"), Found{});
  sql("DROP INDEX ca_order_one_live");
  order("placed", "'https://ca.example.com/order/1'");
  order("placed");
  EXPECT_EQ(found("i4_order_once"), (Found{{"guard", 1}, {"service", 1}, {"reference", 2}}));
}

TEST_F(Checks, i5_sees_nodes_that_were_left_half_way_and_keys_that_can_not_fit) {
  inventory();
  sql("INSERT INTO apply (node_id, state, step) VALUES (1, 'started', 'changing')");
  dead("1", "apply.run", "1");
  EXPECT_EQ(found("i5_node_intact"), (Found{{"abandoned", 1}}));
  sql("DELETE FROM job_dead; UPDATE apply SET changing_since = now() - interval '1 minute'");
  EXPECT_EQ(found("i5_node_intact"), Found{});
  sql("UPDATE apply SET changing_since = now() - interval '3 minutes'");
  EXPECT_EQ(found("i5_node_intact"), (Found{{"mending", 1}}));
  sql("DELETE FROM job_dead; UPDATE apply SET state = 'failed', step = 'restoring', ended_at = now();"
      "UPDATE node SET apply_status = 'failed'");
  EXPECT_EQ(found("i5_node_intact"), (Found{{"not_restored", 1}}));
  sql("INSERT INTO apply (node_id, state, ended_at) VALUES (1, 'applied', now());"
      "UPDATE node SET apply_status = 'applied'");
  EXPECT_EQ(found("i5_node_intact"), Found{});
  sql("INSERT INTO key_pair (service_id, algorithm, spki_sha256, key_sealed)"
      " VALUES (2, 'rsa-2048', 'aa', decode('01' || repeat('00', 60), 'hex'));"
      "INSERT INTO certificate (service_id, slot, serial, sha256, common_name, not_before, not_after, leaf_pem,"
      " chain_pem, key_pair_id) VALUES (1, 1, '1', 'aa', 'shop.example.com', now(), now(), '', '', 1);"
      "DROP INDEX apply_one_live");
  EXPECT_EQ(found("i5_node_intact"), (Found{{"foreign_key", 1}, {"guard", 1}}));
}

TEST_F(Checks, i6_sees_mails_that_nobody_will_send_and_events_made_twice) {
  inventory();
  auto mail = [&](int number, const std::string& age) {
    sql(fmt::format("INSERT INTO mail (message_id, event, event_key, notification_id, service_id, created_at)"
                    " VALUES ('<{}@x>', 'expired', 'same', 1, 1, now() - interval '{}')", number, age));
  };
  mail(1, "1 hour");
  job("mail.send", "waiting", ", subject_id", ", 1");
  EXPECT_EQ(found("i6_mail_sent"), Found{});
  sql("DELETE FROM job; ALTER TABLE mail DROP CONSTRAINT mail_event_key_key");
  mail(2, "1 minute");
  EXPECT_EQ(found("i6_mail_sent"), (Found{{"unsent", 1}, {"event_twice", 1}, {"guard", 1}}));
}

TEST_F(Checks, i7_sees_what_is_not_sealed_and_who_could_read_it) {
  inventory();
  EXPECT_EQ(found("i7_no_secret"), Found{});
  sql("UPDATE access SET login_secret_sealed = 'swordfish', exec_id = 'root',"
      " exec_secret_sealed = decode('02' || repeat('00', 60), 'hex');"
      "GRANT SELECT (login_secret_sealed) ON access TO certfleet_broker;"
      "INSERT INTO trace (at, level, module, code, args) VALUES (now(), 'E', 'csr', 1,"
      " ARRAY['-----BEGIN ' || 'RSA PRIVATE KEY-----'])");
  EXPECT_EQ(found("i7_no_secret"), (Found{{"unsealed", 2}, {"granted", 1}, {"private_key", 1}}));
}

TEST_F(Checks, stuck_jobs_are_seen_by_what_holds_them_up) {
  job("apply.run", "ready", ", run_at", ", now() - interval '20 minutes'");
  job("mail.send", "ready");
  EXPECT_EQ(found("late_jobs"), (Found{{"apply", 1}}));
  session("apply", "now() + interval '1 minute'");
  job("apply.run", "running", ", session_id, fence, run_deadline", ", 1, 1, now() - interval '1 minute'");
  EXPECT_EQ(found("overrun_jobs"), (Found{{"apply", 1}}));
  auto due = ", now() - interval '1 minute'";
  job("mail.send", "waiting", ", run_at", due);
  job("csr.make", "waiting", ", concurrency_key, run_at", std::string(", 'order:1'") + due);
  EXPECT_EQ(found("waiting_jobs"), (Found{{"csr", 1}, {"mail", 1}}));
  job("csr.make", "ready", ", concurrency_key", ", 'order:1'");
  sql("UPDATE job SET limit_key = 'ca:1' WHERE kind = 'mail.send'");
  EXPECT_EQ(found("waiting_jobs"), Found{}) << "now one waits for the key and one for a limit";
  dead("1", "mail.send");
  dead("2", "mail.send");
  EXPECT_EQ(found("dead_jobs"), (Found{{"mail.send", 2}}));
}

TEST_F(Checks, a_kind_that_no_living_worker_knows_is_seen) {
  job("apply.newer", "waiting", ", parked", ", true");
  EXPECT_EQ(found("parked_jobs"), (Found{{"apply.newer", 1}}));
  session("apply", "now() + interval '1 minute'", ", kinds", ", '{apply.run,apply.newer}'");
  EXPECT_EQ(found("parked_jobs"), Found{});
}

TEST_F(Checks, workers_are_missed_by_queue_and_by_site) {
  sql("INSERT INTO site (name) VALUES ('tokyo'), ('osaka')");
  job("apply.run", "ready", ", site_id", ", 2");
  job("apply.run", "ready", ", site_id", ", 2");
  EXPECT_EQ(found("workers"), (Found{{"apply", 2}}));
  session("apply", "now() + interval '1 minute'", ", site_id", ", 1");
  EXPECT_EQ(found("workers"), (Found{{"apply osaka", 2}}));
  session("apply", "now() + interval '1 minute'");
  EXPECT_EQ(found("workers"), Found{});
  session("mail", "now() - interval '1 minute'");
  EXPECT_EQ(found("lost_sessions"), (Found{{"mail", 1}}));
}

TEST_F(Checks, workers_tell_of_wrong_clocks_and_missing_sealing_keys) {
  session("mail", "now() + interval '1 minute'", ", clock_error_s", ", -3600");
  session("csr", "now() + interval '1 minute'", ", clock_error_s", ", 0.5");
  EXPECT_EQ(found("clocks"), (Found{{"host", 1}}));
  EXPECT_EQ(found("sealing_keys"), (Found{{"none", 1}}));
  sql("INSERT INTO sealing_key (id, public_key) VALUES ('0123456789abcdef', '')");
  EXPECT_EQ(found("sealing_keys"), (Found{{"0123456789abcdef", 1}})) << "csr workers open nothing";
  sql("UPDATE session SET sealing_keys = '{0123456789abcdef}'");
  EXPECT_EQ(found("sealing_keys"), Found{});
}

TEST_F(Checks, schedulers_and_brokers_are_seen_by_their_signs_of_life) {
  sql("INSERT INTO peer (name, role, public_key) VALUES ('b1', 'broker', repeat('a', 40)),"
      " ('b2', 'broker', repeat('b', 40))");
  SystemClock clock;
  Database database(db_.settings());
  daemons::Presence broker({"broker", "tcp://127.0.0.1:1"}, clock);
  broker.show(database);
  EXPECT_EQ(found("brokers"), (Found{{"enrolled", 2}, {"connected", 1}}));
  daemons::Presence scheduler({"scheduler", {}}, clock);
  scheduler.show(database);
  EXPECT_EQ(found("scheduler"), (Found{{"connected", 1}}));
  ASSERT_TRUE(database.try_advisory_lock(0x6c656164));
  scheduler.show(database, true);
  EXPECT_EQ(found("scheduler"), (Found{{"connected", 1}, {"leading", 1}, {"lock", 1}}));
  sql("UPDATE daemon SET expires_at = now() - interval '1 minute'");
  EXPECT_EQ(found("brokers"), (Found{{"enrolled", 2}}));
  EXPECT_EQ(found("scheduler"), (Found{{"lock", 1}})) << "its connection keeps the lock though it is stopped";
}

TEST_F(Checks, missing_partitions_are_seen_and_what_fell_beside_them) {
  auto month = db_.sql("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')");
  sql("DROP TABLE trace_" + month);
  sql("INSERT INTO trace (at, level, module, code) VALUES (now(), 'I', 'csr', 1)");
  EXPECT_EQ(found("partitions"), (Found{{"trace_" + month, 1}, {"trace_default", 1}}));
}

TEST_F(Checks, what_holds_back_vacuum_is_seen_and_what_comes_of_it) {
  Database holder(db_.settings());
  holder.write([&](Tx& tx) {
    jobs::enqueue(tx, {.kind = "mail.send"});
    sql("SET search_path TO certfleet; CREATE TEMP TABLE t (i int);"
        "DO $$ BEGIN FOR i IN 1..200100 LOOP BEGIN INSERT INTO t VALUES (1); EXCEPTION WHEN division_by_zero THEN NULL;"
        " END; END LOOP; END $$");
    bool seen = false;
    for (const auto& [subject, age] : found("transactions")) seen |= subject.starts_with("test (") && age > 200000;
    EXPECT_TRUE(seen);
  });
  auto slot = fmt::format("doctor_{}", db_.sql("SELECT pg_backend_pid()"));
  sql("SELECT pg_create_physical_replication_slot('" + slot + "')");
  EXPECT_EQ(viewer_.reading([&](Tx& tx) {
    auto rows = checks::run(tx, "transactions");
    return std::ranges::count_if(rows, [&](const auto& row) { return row.subject == "slot " + slot; });
  }), 1);
  sql("SELECT pg_drop_replication_slot('" + slot + "')");
  sql("ALTER TABLE session SET (autovacuum_enabled = false)");
  sql("INSERT INTO session (queue, host, pid, slots, expires_at) SELECT 'mail', 'h', 1, 1, now() FROM"
      " generate_series(1, 210000)");
  sql("DELETE FROM session");
  EXPECT_TRUE(certfleet::testing::eventually(20s, [&] { return found("dead_tuples").contains("session"); }));
}

}  // namespace
}  // namespace certfleet::store
