// Thresholds of expiry on a real database, with the rights of the worker that looks for them.
#include "lib/store/expiry_events.h"

#include <gtest/gtest.h>

#include "tests/support/database/database.h"

namespace certfleet::store {
namespace {

class ExpiryEvents : public ::testing::Test {
 protected:
  ExpiryEvents() {
    db_.sql(
        "INSERT INTO notification_table (name, title) VALUES ('standard', 'SSL');"
        "INSERT INTO notification_recipient VALUES (1, 'to', 1, 'ops@example.com');"
        "INSERT INTO user_group (name, notification_id) VALUES ('web', 1), ('silent', NULL)");
  }
  // `left` until the end: "15 days".
  void add(const std::string& name, const std::string& left, int slot = 1, int group = 1) {
    db_.sql("INSERT INTO service (name, group_id, common_name) VALUES ('" + name + "', " + std::to_string(group) +
            ", 'www.example.com') ON CONFLICT DO NOTHING");
    db_.sql("INSERT INTO certificate (service_id, slot, serial, sha256, common_name, not_before, not_after, leaf_pem,"
            " chain_pem) SELECT id, " +
            std::to_string(slot) + ", '01', 'x', 'www.example.com', now(), now() + interval '" + left +
            "', '', '' FROM service WHERE name = '" + name + "'");
  }
  void pass(const std::string& time) {
    db_.sql("UPDATE certificate SET not_after = not_after - interval '" + time + "'");
  }
  void scan(int rows_max = 100) {
    Database verify(db_.settings_as("certfleet_verify"));
    while (verify.writing([&](Tx& tx) { return expiry_events::raise(tx, rows_max); }) > 0) {
    }
  }
  std::string mails() {
    return db_.sql("SELECT string_agg(s.name || ' ' || m.event, ', ' ORDER BY m.id) FROM mail m"
                   " JOIN service s ON s.id = m.service_id");
  }
  std::string lines() {
    return db_.sql("SELECT string_agg(level::text || code || ' ' || array_to_string(args, ' '), ', ' ORDER BY id)"
                   " FROM trace");
  }

  testing::TestDatabase db_;
};

TEST_F(ExpiryEvents, each_threshold_is_one_event_at_its_time) {
  add("shop", "90 days 1 minute");
  scan();
  EXPECT_EQ(mails(), "");
  pass("2 minutes");
  scan();
  scan();
  EXPECT_EQ(mails(), "shop expiry_90");
  for (const auto* days : {"30 days", "30 days", "15 days", "15 days"}) {
    pass(days);
    scan();
    scan();
  }
  EXPECT_EQ(mails(), "shop expiry_90, shop expiry_60, shop expiry_30, shop expiry_15, shop expired");
  EXPECT_EQ(lines(), "W1701 shop 90, W1701 shop 60, W1701 shop 30, W1701 shop 15, E1702 shop");
  EXPECT_EQ(db_.sql("SELECT count(*) FROM job WHERE kind = 'mail.send' AND subject_id IN (SELECT id FROM mail)"), "5");
  EXPECT_EQ(db_.sql("SELECT bool_and(not_after IS NOT NULL) FROM mail"), "t");
}

TEST_F(ExpiryEvents, of_thresholds_that_were_passed_unseen_only_the_last_is_told) {
  add("shop", "10 days");
  scan();
  EXPECT_EQ(mails(), "shop expiry_15");
  EXPECT_EQ(lines(), "W1701 shop 15");
}

TEST_F(ExpiryEvents, the_newest_certificate_counts) {
  add("shop", "10 days", 1);
  add("shop", "200 days", 2);
  scan();
  EXPECT_EQ(mails(), "");
  EXPECT_EQ(lines(), "");
}

TEST_F(ExpiryEvents, a_disabled_service_is_left_out) {
  add("shop", "10 days");
  db_.sql("UPDATE service SET enabled = false");
  scan();
  EXPECT_EQ(mails() + lines(), "");
}

TEST_F(ExpiryEvents, mail_is_sent_only_where_the_table_asks_for_it_and_names_somebody) {
  add("shop", "10 days");
  add("quiet", "10 days", 1, 2);
  db_.sql("UPDATE notification_table SET expiry_15 = false");
  scan();
  EXPECT_EQ(mails(), "");
  EXPECT_EQ(lines(), "W1701 shop 15, W1701 quiet 15") << "the log is told in any case";
  db_.sql("UPDATE notification_table SET expiry_15 = true");
  db_.sql("DELETE FROM notification_recipient");
  scan();
  EXPECT_EQ(mails(), "");
  db_.sql("INSERT INTO notification_recipient VALUES (1, 'cc', 1, 'ops@example.com')");
  scan();
  EXPECT_EQ(mails(), "shop expiry_15") << "asked for later, it is still true";
}

TEST_F(ExpiryEvents, a_new_certificate_begins_anew) {
  add("shop", "-1 days");
  scan();
  add("shop", "20 days", 2);
  scan();
  EXPECT_EQ(mails(), "shop expired, shop expiry_30");
}

TEST_F(ExpiryEvents, many_are_done_in_parts) {
  db_.sql("INSERT INTO service (name, group_id, common_name) SELECT 's' || i, 1, 'x' FROM generate_series(1, 250) i;"
          "INSERT INTO certificate (service_id, slot, serial, sha256, common_name, not_before, not_after, leaf_pem,"
          " chain_pem) SELECT id, 1, '01', 'x', 'x', now(), now() + interval '20 days', '', '' FROM service");
  scan(100);
  EXPECT_EQ(db_.sql("SELECT count(*) FROM mail"), "250");
  EXPECT_EQ(db_.sql("SELECT count(*) FROM trace"), "250");
}

}  // namespace
}  // namespace certfleet::store
