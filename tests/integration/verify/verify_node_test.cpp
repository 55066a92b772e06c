// verify.node from the node's row to what a real Apache shows.
#include "workers/verify/verify_node.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "lib/base/file.h"
#include "lib/pki/chain.h"
#include "lib/store/certificates.h"
#include "lib/store/jobs.h"
#include "tests/support/bench/test_worker.h"
#include "tests/support/issuer/issuer.h"
#include "tests/support/part.h"

namespace certfleet::verify {
namespace {

class VerifyNodeTest : public ::testing::Test {
 protected:
  VerifyNodeTest() {
    database_.sql(fmt::format(
        "INSERT INTO site (name) VALUES ('tokyo');"
        "INSERT INTO user_group (name) VALUES ('web');"
        "INSERT INTO service (name, group_id, common_name) VALUES ('shop', 1, 'www.demo.test');"
        "INSERT INTO access (name, address, login_id, login_secret_sealed, host_key)"
        " VALUES ('a', '192.0.2.1', 'root', 'x', 'SHA256:' || repeat('A', 43));"
        "INSERT INTO node (service_id, site_id, access_id, name, kind, verify_mode, verify_host, verify_port,"
        " verify_name, cert_file, key_file, work_dir)"
        " VALUES (1, 1, 1, 'web1', 'apache', 'address', '127.0.0.1', {}, 'www.demo.test', '/c', '/k', '/w')",
        apache_.env("APACHE_PORT")));
  }

  void verify() { verify_by(handler_); }
  void verify_by(VerifyNode& handler) {
    store::Database owner(database_.settings());
    owner.write([](store::Tx& tx) {
      domain::NewJob job;
      job.kind = "verify.node";
      job.subject = 1;
      job.service = ServiceId(1);
      job.node = NodeId(1);
      store::jobs::enqueue(tx, job);
    });
    worker_.run_all(handler);
  }
  void store_certificate(const pki::Certificate& certificate) {
    store::Database owner(database_.settings());
    owner.write([&](store::Tx& tx) {
      store::certificates::store_issued(tx, ServiceId(1), pki::Chain{certificate, {}, {}}, {}, {});
    });
  }
  pki::Certificate served() {
    return pki::certificates_from_pem(read_file(apache_.env("APACHE_CERT_FILE"))).front();
  }
  std::string seen() { return database_.sql("SELECT concat_ws(' ', served_serial, served_state) FROM node"); }
  std::string traces() {
    return database_.sql(
        "SELECT string_agg(module || ' ' || level::text || code, ', ' ORDER BY at, id) FROM trace");
  }

  testing::TestDatabase database_;
  testing::Part apache_{"apache"};
  testing::TestWorker worker_{database_, domain::Queue::verify, "certfleet_verify"};
  testing::Issuer ca_ = testing::Issuer::root("Test CA");
  VerifyNode handler_;
};

TEST_F(VerifyNodeTest, the_services_certificate_is_a_match) {
  store_certificate(served());
  verify();
  EXPECT_EQ(seen(), served().serial() + " match");
  EXPECT_EQ(traces(), "verify I2405, verify I2430, verify I2406");
  EXPECT_EQ(database_.sql("SELECT served_at > now() - interval '1 minute' FROM node"), "t");
}

TEST_F(VerifyNodeTest, the_generation_before_is_previous) {
  store_certificate(served());
  store_certificate(ca_.issue_for("www.demo.test", pki::PrivateKey::generate(pki::KeyAlgorithm::ecdsa_p256)));
  verify();
  EXPECT_EQ(seen(), served().serial() + " previous");
}

TEST_F(VerifyNodeTest, a_certificate_that_the_service_does_not_know_is_said_so) {
  verify();
  EXPECT_EQ(seen(), served().serial() + " other");
  EXPECT_EQ(traces(), "verify I2405, verify W1606, verify I2406");
}

TEST_F(VerifyNodeTest, a_node_that_does_not_answer_is_unreachable_after_the_last_attempt) {
  store_certificate(served());
  verify();
  VerifyNode away([](const domain::Handshake&, Deadline, std::stop_token) -> Sighting {
    throw Failure(Fault::unreachable, Text{"応答がありません", "no answer"});
  });
  verify_by(away);
  EXPECT_EQ(seen(), served().serial() + " unreachable") << "what was seen last stays";
  EXPECT_EQ(database_.sql("SELECT count(*) FROM job_dead"), "0") << "unreachable is an answer";
  EXPECT_EQ(database_.sql("SELECT count(*) FROM trace WHERE code = 29 AND level = 'E'"), "4");
}

TEST_F(VerifyNodeTest, a_node_without_verification_and_a_disabled_one_are_left_alone) {
  database_.sql("UPDATE node SET verify_mode = 'none', verify_host = NULL");
  verify();
  database_.sql("UPDATE node SET verify_mode = 'address', verify_host = '127.0.0.1', enabled = false");
  verify();
  EXPECT_EQ(seen(), "");
  EXPECT_EQ(traces(), "");
}

TEST_F(VerifyNodeTest, the_nodes_of_a_disabled_service_are_left_alone) {
  database_.sql("UPDATE service SET enabled = false");
  verify();
  EXPECT_EQ(seen(), "");
  EXPECT_EQ(traces(), "");
}

TEST_F(VerifyNodeTest, by_url_the_way_leads_through_the_proxy) {
  // A proxy that is not there: the node itself would answer.
  database_.sql("UPDATE settings SET proxy = '127.0.0.1:1'");
  database_.sql("UPDATE node SET verify_mode = 'url'");
  verify();
  EXPECT_EQ(seen(), "unreachable");
  database_.sql("UPDATE node SET verify_mode = 'address'");
  verify();
  EXPECT_EQ(seen(), served().serial() + " other") << "by address no proxy is used";
}

TEST_F(VerifyNodeTest, a_stop_hands_the_job_back) {
  database_.sql("UPDATE node SET verify_port = 1");
  worker_.stop.request_stop();
  store::Database owner(database_.settings());
  owner.write([](store::Tx& tx) {
    domain::NewJob job;
    job.kind = "verify.node";
    job.subject = 1;
    store::jobs::enqueue(tx, job);
  });
  auto finished = worker_.run_one(handler_);
  ASSERT_TRUE(finished);
  EXPECT_EQ(finished->how, store::Finished::How::release);
}

}  // namespace
}  // namespace certfleet::verify
