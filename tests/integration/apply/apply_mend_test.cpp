// An apply that was interrupted in the middle of its change: whatever is in the way, and whoever cancels it, the node
// is put right first (I5).
#include <fmt/format.h>

#include "lib/base/file.h"
#include "tests/integration/apply/apply_house.h"

namespace certfleet::apply {
namespace {

using namespace std::chrono_literals;
using How = store::Finished::How;

// The node serves a first certificate of ours and was left, by a worker that died, with the key of the second one
// beside the certificate of the first.
class ApplyMendTest : public ApplyHouse {
 protected:
  void SetUp() override {
    ApplyHouse::SetUp();
    if (IsSkipped()) return;
    before_ = issue();
    ASSERT_EQ(apply().state, "applied");
    auto certificate = file("APACHE_CERT_FILE");
    wanted_ = issue();
    id_ = start().id;
    crash_at("after install");
    ASSERT_EQ(get(id_).step, "changing");
    write_file(apache_.env("APACHE_CERT_FILE"), certificate, 0644);
    ASSERT_FALSE(pair_fits());
  }

  // Lets the attempt die there.
  void crash_at(const std::string& where) {
    worker_.saboteur.crash_at(where);
    sql("UPDATE job SET crashes = 0");  // several would make it wait, and bury it
    worker_.hurry();
    EXPECT_FALSE(worker_.run_one(*handler_)) << "it did not come to " << where;
  }

  void cancel() {
    store::Database person(database_.settings());
    person.write([&](store::Tx& tx) { store::applies::cancel(tx, id_); });
  }

  store::Finished attempt() {
    worker_.hurry();
    auto finished = worker_.run_one(*handler_);
    EXPECT_TRUE(finished);
    return finished.value_or(store::Finished());
  }

  std::string outcome() {
    return sql("SELECT outcome FROM job_history WHERE kind = 'apply.run' ORDER BY id DESC LIMIT 1");
  }

  void expect_as_before(const std::string& state) {
    EXPECT_EQ(get(id_).state, state) << get(id_).error.value_or("");
    EXPECT_TRUE(pair_fits());
    EXPECT_TRUE(starts_again());
    EXPECT_EQ(served(), before_);
    EXPECT_EQ(sql("SELECT count(*) FROM job WHERE queue = 'apply'"), "0");
  }

  Identity before_;
  Identity wanted_;
  ApplyId id_;
};

TEST_F(ApplyMendTest, a_cancelled_one_puts_the_node_back_first) {
  cancel();
  EXPECT_EQ(attempt().how, How::cancelled);
  expect_as_before("cancelled");
  EXPECT_EQ(outcome(), "cancelled");
  EXPECT_EQ(sql("SELECT apply_status FROM node"), "applied") << "what it was before";
  EXPECT_NE(traces(get(id_)).find("W1831"), std::string::npos) << traces(get(id_));
  EXPECT_EQ(sql("SELECT count(*) FROM mail WHERE event = 'apply_failed'"), "0");
}

TEST_F(ApplyMendTest, a_cancelled_one_waits_for_a_node_that_is_away) {
  auto port = sql("SELECT port FROM access");
  set_access("port", "1");
  EXPECT_EQ(attempt().how, How::release);
  cancel();
  for (int n = 0; n < 5; ++n) {
    auto finished = attempt();
    EXPECT_EQ(finished.how, How::release) << n;
    EXPECT_EQ(finished.wait, 60s);
    EXPECT_EQ(get(id_).state, "started");
  }
  EXPECT_NE(sql("SELECT error FROM job WHERE queue = 'apply'"), "") << "what it waits for can be seen";
  set_access("port", port);
  attempt();
  expect_as_before("cancelled");
}

// The heartbeat tells a running handler; the node does not answer on the way back.
TEST_F(ApplyMendTest, one_that_is_cancelled_while_it_runs_waits_for_a_node_that_is_away) {
  auto port = sql("SELECT port FROM access");
  set_access("port", "1");
  worker_.stop_reason = pipeline::StopReason::cancelled;
  worker_.stop.request_stop();
  EXPECT_EQ(attempt().how, How::release);
  worker_.stop = {};
  cancel();
  set_access("port", port);
  attempt();
  expect_as_before("cancelled");
}

TEST_F(ApplyMendTest, a_worker_that_dies_while_it_puts_a_cancelled_one_back_leaves_it_to_the_next) {
  cancel();
  for (const char* where : {"after look", "after restore", "after graceful", "after discard"}) {
    crash_at(where);
    EXPECT_EQ(get(id_).state, "started") << where;
  }
  attempt();
  expect_as_before("cancelled");
}

TEST_F(ApplyMendTest, a_cancelled_one_that_had_failed_by_itself_is_rolled_back) {
  break_configuration(true);
  crash_at("after restore");
  ASSERT_EQ(get(id_).step, "restoring");
  cancel();
  break_configuration(false);
  attempt();
  expect_as_before("rolled_back");
  EXPECT_NE(get(id_).error->find("NoSuchDirective"), std::string::npos);
}

// As pam_nologin does it during a reboot, or after somebody has changed the login.
TEST_F(ApplyMendTest, a_node_that_lets_nobody_in_is_waited_for) {
  set_access("login_id", "'nobody-here'");
  for (int n = 0; n < 5; ++n) {
    auto finished = attempt();
    EXPECT_EQ(finished.how, How::release) << n;
    EXPECT_EQ(finished.wait, 300s);
    EXPECT_EQ(finished.error_id, 1811);
  }
  set_access("login_id", "'deploy-free'");
  attempt();
  EXPECT_EQ(get(id_).state, "applied");
  EXPECT_EQ(served(), wanted_);
  EXPECT_TRUE(pair_fits());
}

TEST_F(ApplyMendTest, a_node_with_another_host_key_is_waited_for) {
  auto key = sql("SELECT host_key FROM access");
  set_access("host_key", "'SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'");
  EXPECT_EQ(attempt().error_id, 1823);
  forget_host_key();
  EXPECT_EQ(attempt().error_id, 1824);
  set_access("host_key", "'" + key + "'");
  attempt();
  EXPECT_EQ(get(id_).state, "applied");
  EXPECT_TRUE(pair_fits());
}

TEST_F(ApplyMendTest, a_secret_that_does_not_open_is_waited_for) {
  auto box = sql("SELECT encode(login_key_sealed, 'hex') FROM access");
  set_access("login_key_sealed", "decode('00', 'hex')");
  EXPECT_EQ(attempt().how, How::release);
  set_access("login_key_sealed", "decode('" + box + "', 'hex')");
  attempt();
  EXPECT_EQ(get(id_).state, "applied");
}

TEST_F(ApplyMendTest, a_node_that_is_not_let_in_to_for_a_day_is_given_up_and_told_of) {
  set_access("login_id", "'nobody-here'");
  sql("UPDATE apply SET changing_since = now() - interval '25 hours'");
  EXPECT_EQ(attempt().how, How::failed);
  EXPECT_EQ(get(id_).state, "failed");
  EXPECT_EQ(get(id_).step, "changing");
  EXPECT_EQ(sql("SELECT count(*) FROM mail WHERE event = 'apply_failed'"), "1");
  // The next apply begins with putting back what this one left.
  set_access("login_id", "'deploy-free'");
  EXPECT_EQ(apply().state, "applied");
  EXPECT_TRUE(pair_fits());
}

TEST_F(ApplyMendTest, without_the_certificate_the_node_is_put_back) {
  sql("DELETE FROM certificate WHERE serial = '" + wanted_.serial + "'");
  attempt();
  expect_as_before("rolled_back");
  EXPECT_NE(get(id_).error->find("gone"), std::string::npos) << *get(id_).error;
  EXPECT_NE(traces(get(id_)).find("E2404"), std::string::npos) << traces(get(id_));
}

TEST_F(ApplyMendTest, the_way_back_needs_no_certificate) {
  break_configuration(true);
  crash_at("after restore");
  ASSERT_EQ(get(id_).step, "restoring");
  sql("DELETE FROM certificate WHERE serial = '" + wanted_.serial + "'");
  break_configuration(false);
  attempt();
  expect_as_before("rolled_back");
}

}  // namespace
}  // namespace certfleet::apply
