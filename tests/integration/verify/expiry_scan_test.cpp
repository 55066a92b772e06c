// verify.expiry from the job to the mails, with the rights of the verify worker.
#include "workers/verify/expiry_scan.h"

#include <gtest/gtest.h>

#include "lib/store/jobs.h"
#include "tests/support/bench/test_worker.h"

namespace certfleet::verify {
namespace {

class ExpiryScanTest : public ::testing::Test {
 protected:
  ExpiryScanTest() {
    database_.sql(
        "INSERT INTO notification_table (name) VALUES ('standard');"
        "INSERT INTO notification_recipient VALUES (1, 'to', 1, 'ops@example.com');"
        "INSERT INTO user_group (name, notification_id) VALUES ('web', 1);"
        "INSERT INTO service (name, group_id, common_name) SELECT 's' || i, 1, 'x' FROM generate_series(1, 1200) i;"
        "INSERT INTO certificate (service_id, slot, serial, sha256, common_name, not_before, not_after, leaf_pem,"
        " chain_pem) SELECT id, 1, '01', 'x', 'x', now(), now() + interval '20 days', '', '' FROM service");
    store::Database owner(database_.settings());
    owner.write([](store::Tx& tx) { store::jobs::enqueue(tx, {.kind = "verify.expiry"}); });
  }

  testing::TestDatabase database_;
  testing::TestWorker worker_{database_, domain::Queue::verify, "certfleet_verify"};
  ExpiryScan handler_;
};

TEST_F(ExpiryScanTest, raises_the_events_of_all_certificates) {
  worker_.run_all(handler_);
  EXPECT_EQ(database_.sql("SELECT count(*) FROM mail WHERE event = 'expiry_30'"), "1200");
  EXPECT_EQ(database_.sql("SELECT count(*) FROM job WHERE kind = 'mail.send'"), "1200");
  EXPECT_EQ(database_.sql("SELECT outcome FROM job_history"), "done");
}

TEST_F(ExpiryScanTest, a_stop_hands_the_job_back_and_nothing_is_doubled) {
  worker_.stop.request_stop();
  worker_.run_one(handler_);
  EXPECT_EQ(database_.sql("SELECT count(*) FROM job WHERE kind = 'verify.expiry'"), "1");
  worker_.stop = std::stop_source();
  worker_.run_all(handler_);
  EXPECT_EQ(database_.sql("SELECT count(*) FROM mail"), "1200");
}

}  // namespace
}  // namespace certfleet::verify
