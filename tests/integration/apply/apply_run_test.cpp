// apply.run from the row in the database to what a handshake shows.
#include <fmt/format.h>

#include "lib/base/file.h"
#include "lib/pki/chain.h"
#include "tests/integration/apply/apply_house.h"

namespace certfleet::apply {
namespace {

using namespace std::chrono_literals;
using testing::Saboteur;

class ApplyRunTest : public ApplyHouse {};

TEST_F(ApplyRunTest, a_certificate_goes_from_the_database_to_the_handshake) {
  auto wanted = issue();
  auto before = served();
  ASSERT_TRUE(before);
  auto done = apply();
  EXPECT_EQ(done.state, "applied") << done.error.value_or("");
  EXPECT_EQ(done.step, "confirmed");
  EXPECT_EQ(served(), wanted);
  EXPECT_NE(served(), before);
  EXPECT_TRUE(pair_fits());
  EXPECT_EQ(sql("SELECT concat_ws(' ', apply_status, served_serial, served_state) FROM node"),
            fmt::format("applied {} match", wanted.serial));
  EXPECT_EQ(traces(done), "I1801 I1850 I1851 I1852 I1852 I1853 I1854 I1828 I1855 I1857 I1860 I1859 I1802");
  EXPECT_EQ(sql("SELECT string_agg(event, ' ' ORDER BY id) FROM mail"), "apply_started apply_succeeded");
  EXPECT_EQ(sql("SELECT count(*) FROM job WHERE kind = 'verify.node' AND subject_id = 1"), "1");
  EXPECT_EQ(sql("SELECT outcome FROM job_history"), "done");
}

TEST_F(ApplyRunTest, a_renewal_leaves_two_generations_on_the_node) {
  issue();
  EXPECT_EQ(apply().state, "applied");
  auto second = issue();
  auto done = apply();
  EXPECT_EQ(done.state, "applied");
  EXPECT_EQ(served(), second);
  EXPECT_NE(traces(done).find("I1858"), std::string::npos);
  std::filesystem::path work = apache_.env("APACHE_WORK_DIR");
  EXPECT_FALSE(std::filesystem::exists(work / "node-1/apply-1"));
  EXPECT_EQ(read_file(work / "node-1/apply-2/new/cert"), file("APACHE_CERT_FILE"));
}

TEST_F(ApplyRunTest, a_configuration_test_that_fails_puts_the_old_pair_back) {
  issue();
  auto before = served();
  auto old_cert = file("APACHE_CERT_FILE");
  auto old_key = file("APACHE_KEY_FILE");
  break_configuration(true);
  auto done = apply();
  EXPECT_EQ(done.state, "rolled_back");
  EXPECT_NE(done.error->find("NoSuchDirective"), std::string::npos) << *done.error;
  EXPECT_EQ(served(), before);
  EXPECT_EQ(file("APACHE_CERT_FILE"), old_cert);
  EXPECT_EQ(file("APACHE_KEY_FILE"), old_key);
  break_configuration(false);
  EXPECT_TRUE(starts_again());
  EXPECT_EQ(served(), before);
  EXPECT_EQ(sql("SELECT apply_status FROM node"), "rolled_back");
  auto all = traces(done);
  for (const char* id : {"E1829", "W1861", "I1862", "I1857", "I1863", "I1864"})
    EXPECT_NE(all.find(id), std::string::npos) << id << " in " << all;
  EXPECT_EQ(sql("SELECT string_agg(event, ' ' ORDER BY id) FROM mail"), "apply_started apply_failed");
  EXPECT_EQ(sql("SELECT outcome FROM job_history"), "failed");
}

// What the control program prints is in any encoding, and 500 bytes of it may end inside a character.
TEST_F(ApplyRunTest, whatever_bytes_the_node_says_the_old_pair_comes_back) {
  issue();
  auto before = served();
  auto wrapper = apache_.dir() / "bin/wrapper";
  for (const char* said : {R"(caf\351 \203\134\000 \033[2J)", R"(x$(printf '\343\203\216%.0s' $(seq 300)))"}) {
    write_file(wrapper,
               fmt::format("#!/bin/sh\n[ $1 != configtest ] || [ -e {0}/said ] ||"
                           " {{ : >{0}/said; printf \"{1}\"; exit 1; }}\nexec {2} \"$@\"\n",
                           apache_.dir().string(), said, apache_.env("APACHE_CONTROL")),
               0755);
    std::filesystem::remove(apache_.dir() / "said");
    sql(fmt::format("UPDATE node SET control = '{}'", wrapper.string()));
    auto done = apply();
    EXPECT_EQ(done.state, "rolled_back") << traces(done);
    EXPECT_EQ(served(), before);
    EXPECT_TRUE(pair_fits());
    EXPECT_NE(traces(done).find("E1829"), std::string::npos);
    EXPECT_EQ(done.error->find('\033'), std::string::npos);
  }
}

// The server dies of a key that does not fit, and is started again with the old pair.
TEST_F(ApplyRunTest, a_server_that_dies_of_the_new_pair_is_brought_back) {
  issue();
  auto before = served();
  auto control = apache_.env("APACHE_CONTROL");
  auto wrapper = apache_.dir() / "bin/wrapper";
  auto foreign = apache_.dir() / "foreign.key";
  write_file(foreign, pki::PrivateKey::generate(pki::KeyAlgorithm::rsa_2048).to_pem().view(), 0600);
  // Puts a foreign key in place behind our back, after everything was checked, once.
  write_file(wrapper,
             fmt::format("#!/bin/sh\nif [ $1 = graceful ] && mv {} {} 2>/dev/null; then\n"
                         "  kill -USR1 $(cat {}/httpd.pid); exit 0\nfi\nexec {} \"$@\"\n",
                         foreign.string(), apache_.env("APACHE_KEY_FILE"), apache_.dir().string(), control),
             0755);
  sql(fmt::format("UPDATE node SET control = '{}'", wrapper.string()));
  auto done = apply();
  EXPECT_EQ(done.state, "rolled_back") << traces(done);
  EXPECT_EQ(served(), before);
  EXPECT_TRUE(pair_fits());
  EXPECT_NE(traces(done).find("E1815"), std::string::npos);
}

TEST_F(ApplyRunTest, a_certificate_that_is_not_what_is_served_is_rolled_back) {
  issue();
  auto before = served();
  // Another server answers where this node is verified: it never shows the new certificate.
  testing::Part other("apache");
  confirm_within(500ms);
  sql(fmt::format("UPDATE node SET verify_port = {}", other.env("APACHE_PORT")));
  auto started = start();
  for (int attempt = 0; attempt < 3; ++attempt) {
    worker_.run_one(*handler_);
    worker_.hurry();
  }
  auto done = get(started.id);
  // The old one is not seen there either, so the return is not confirmed: that is said, not glossed over.
  EXPECT_EQ(done.state, "failed");
  EXPECT_NE(done.error->find("is not served again"), std::string::npos) << *done.error;
  EXPECT_EQ(served(), before);
  EXPECT_TRUE(pair_fits());
}

TEST_F(ApplyRunTest, a_node_that_is_not_verified_ends_with_the_reload) {
  auto wanted = issue();
  sql("UPDATE node SET verify_mode = 'none', verify_host = NULL");
  EXPECT_EQ(apply().state, "applied");
  EXPECT_EQ(served(), wanted);
  EXPECT_EQ(sql("SELECT served_serial IS NULL FROM node"), "t");
}

TEST_F(ApplyRunTest, a_wrong_host_key_is_refused_before_any_secret) {
  issue();
  set_access("host_key", "'SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'");
  auto done = apply();
  EXPECT_EQ(done.state, "failed");
  EXPECT_EQ(traces(done), "I1801 E1823");
  EXPECT_EQ(ssh_.log().find("deploy-free"), std::string::npos);
  EXPECT_EQ(sql("SELECT outcome FROM job_history"), "failed") << "another try would meet the same key";
}

TEST_F(ApplyRunTest, an_access_without_host_key_is_refused_with_clear_words) {
  issue();
  forget_host_key();
  auto done = apply();
  EXPECT_EQ(done.state, "failed");
  EXPECT_NE(done.error->find("no host key"), std::string::npos) << *done.error;
  EXPECT_EQ(traces(done), "I1801 E1824");
}

TEST_F(ApplyRunTest, a_wrong_password_fails_for_good_and_is_nowhere_to_be_read) {
  issue();
  set_access("login_id", "'deploy', login_key_sealed = NULL, login_secret_sealed = 'x'");
  set_secret("login_secret_sealed", domain::purpose::access_login, "wrong-password-4711");
  auto done = apply();
  EXPECT_EQ(done.state, "failed");
  EXPECT_EQ(traces(done), "I1801 E1811 E1818");
  EXPECT_EQ(sql("SELECT count(*) FROM trace WHERE array_to_string(args, ' ') LIKE '%4711%'"), "0");
  EXPECT_EQ(ssh_.log().find("4711"), std::string::npos);
}

TEST_F(ApplyRunTest, password_login_and_sudo_with_a_password_work) {
  auto wanted = issue();
  set_access("login_id", "'deploy', login_key_sealed = NULL, login_secret_sealed = 'x'");
  set_secret("login_secret_sealed", domain::purpose::access_login, ssh_.password());
  EXPECT_EQ(apply().state, "applied") << "sudo asks for the login's own password";
  EXPECT_EQ(served(), wanted);
}

TEST_F(ApplyRunTest, su_with_the_execution_ids_password_works) {
  auto wanted = issue();
  set_access("login_id", "'deploy-su'");
  set_secret("exec_secret_sealed", domain::purpose::access_exec, ssh_.root_password());
  auto done = apply();
  EXPECT_EQ(done.state, "applied") << done.error.value_or("");
  EXPECT_EQ(served(), wanted);
}

TEST_F(ApplyRunTest, a_login_that_may_not_write_fails_before_anything_is_changed) {
  issue();
  auto before = served();
  set_access("exec_id", "NULL");
  auto done = apply();
  EXPECT_EQ(done.state, "failed");
  EXPECT_EQ(done.step, "");
  EXPECT_EQ(served(), before);
}

TEST_F(ApplyRunTest, a_secret_that_does_not_open_is_named_by_its_access) {
  issue();
  set_access("login_key_sealed", "decode('00', 'hex')");
  auto done = apply();
  EXPECT_EQ(done.state, "failed");
  EXPECT_NE(done.error->find("web1-ssh"), std::string::npos) << *done.error;
  EXPECT_EQ(traces(done), "I1801 E1813");
}

TEST_F(ApplyRunTest, an_unreachable_node_is_tried_again_and_then_given_up) {
  issue();
  set_access("port", "1");
  auto started = start();
  for (int attempt = 1; attempt <= 3; ++attempt) {
    EXPECT_EQ(get(started.id).state, "started") << attempt;
    worker_.run_one(*handler_);
    worker_.hurry();
  }
  EXPECT_EQ(get(started.id).state, "failed");
  EXPECT_EQ(sql("SELECT apply_status FROM node"), "failed");
  EXPECT_EQ(sql("SELECT count(*) FROM job_dead"), "1");
  EXPECT_EQ(sql("SELECT string_agg(event, ' ' ORDER BY id) FROM mail"), "apply_started apply_failed");
}

TEST_F(ApplyRunTest, a_cancelled_apply_leaves_the_node_as_it_was) {
  issue();
  auto before = served();
  auto started = start();
  worker_.stop_reason = pipeline::StopReason::cancelled;
  worker_.stop.request_stop();
  worker_.run_one(*handler_);
  EXPECT_EQ(get(started.id).state, "cancelled");
  EXPECT_EQ(sql("SELECT apply_status FROM node"), "none");
  EXPECT_EQ(served(), before);
}

// Every effect outside is cut after it was made: the scripts on the node and the commits.
TEST_F(ApplyRunTest, after_a_crash_anywhere_the_next_attempt_ends_consistent) {
  issue();
  ASSERT_EQ(apply().state, "applied");
  for (int n = 1;; ++n) {
    ASSERT_LT(n, 60);
    auto wanted = issue();
    auto started = start();
    worker_.saboteur.cut_at(n, Saboteur::Means::crash);
    worker_.run_one(*handler_);
    bool cut = worker_.saboteur.cut();
    worker_.saboteur.cut_at(0, Saboteur::Means::crash);
    worker_.run_all(*handler_);
    auto done = get(started.id);
    EXPECT_EQ(done.state, "applied") << worker_.saboteur.last() << ": " << done.error.value_or("");
    EXPECT_EQ(served(), wanted) << worker_.saboteur.last();
    EXPECT_TRUE(pair_fits()) << worker_.saboteur.last();
    if (!cut) break;
  }
  EXPECT_TRUE(starts_again());
}

TEST_F(ApplyRunTest, after_a_crash_on_the_way_back_the_next_attempt_ends_it) {
  issue();
  ASSERT_EQ(apply().state, "applied");
  auto before = served();
  break_configuration(true);
  // From the first script that follows the decision to go back.
  for (int n = 10;; ++n) {
    ASSERT_LT(n, 60);
    issue();
    auto started = start();
    worker_.saboteur.cut_at(n, Saboteur::Means::crash);
    worker_.run_one(*handler_);
    bool cut = worker_.saboteur.cut();
    worker_.saboteur.cut_at(0, Saboteur::Means::crash);
    worker_.run_all(*handler_);
    EXPECT_EQ(get(started.id).state, "rolled_back") << worker_.saboteur.last();
    EXPECT_EQ(served(), before) << worker_.saboteur.last();
    EXPECT_TRUE(pair_fits()) << worker_.saboteur.last();
    if (!cut) break;
  }
  break_configuration(false);
  EXPECT_TRUE(starts_again());
}

TEST_F(ApplyRunTest, a_line_that_is_cut_in_the_middle_is_made_anew) {
  issue();
  ASSERT_EQ(apply().state, "applied");
  for (int n : {9, 11, 13}) {
    auto wanted = issue();
    auto started = start();
    worker_.saboteur.cut_at(n, Saboteur::Means::failure);
    worker_.run_all(*handler_);
    EXPECT_EQ(get(started.id).state, "applied") << worker_.saboteur.last();
    EXPECT_EQ(served(), wanted);
  }
}

// A node that goes away in the middle of its change is waited for, for longer than a job's attempts last.
TEST_F(ApplyRunTest, a_node_that_goes_away_in_the_middle_is_waited_for) {
  auto wanted = issue();
  auto started = start();
  worker_.saboteur.cut_at(9, Saboteur::Means::crash);
  worker_.run_one(*handler_);
  ASSERT_EQ(get(started.id).step, "changing");
  auto port = sql("SELECT port FROM access");
  set_access("port", "1");
  worker_.saboteur.cut_at(0, Saboteur::Means::crash);
  for (int attempt = 0; attempt < 5; ++attempt) {
    worker_.hurry();
    auto finished = worker_.run_one(*handler_);
    ASSERT_TRUE(finished);
    EXPECT_EQ(finished->how, store::Finished::How::release);
  }
  set_access("port", port);
  worker_.run_all(*handler_);
  EXPECT_EQ(get(started.id).state, "applied");
  EXPECT_EQ(served(), wanted);
}

// The kind was changed after the apply had started: nothing is tried, and nothing is tried again.
TEST_F(ApplyRunTest, an_apply_to_a_kind_without_target_fails_at_once) {
  auto before = served();
  issue();
  auto started = start();
  set_access("login_secret_sealed", "'x'");
  sql("UPDATE node SET kind = 'bigip', cert_file = NULL, key_file = NULL, chain_file = NULL, work_dir = NULL,"
      " control = NULL, ssl_profile = 'prof', import_name = 'imp', partition = 'Common'");
  auto finished = worker_.run_one(*handler_);
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->how, store::Finished::How::failed);
  EXPECT_EQ(finished->error_id, 1830);
  EXPECT_EQ(get(started.id).state, "failed");
  EXPECT_EQ(get(started.id).error, "node web1: this version applies nothing to nodes of kind bigip");
  EXPECT_EQ(traces(started), "I1801 E1830");
  EXPECT_EQ(sql("SELECT count(*) FROM job WHERE queue = 'apply'"), "0");
  EXPECT_EQ(served(), before);
}

class ApplyRunSeparateChainTest : public ApplyHouse {
 protected:
  ApplyRunSeparateChainTest() : ApplyHouse("separate") {}
};

TEST_F(ApplyRunSeparateChainTest, an_old_apache_gets_its_chain_in_a_file_of_its_own) {
  auto wanted = issue();
  auto done = apply();
  EXPECT_EQ(done.state, "applied") << done.error.value_or("");
  EXPECT_EQ(served(), wanted);
  EXPECT_EQ(pki::certificates_from_pem(file("APACHE_CERT_FILE")).size(), 1U);
  EXPECT_EQ(pki::certificates_from_pem(file("APACHE_CHAIN_FILE")).size(), 1U);
}

}  // namespace
}  // namespace certfleet::apply
