// I6 at the points around a mail's DATA: a real Postfix.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "lib/base/file.h"
#include "lib/pki/text.h"
#include "lib/store/mails.h"
#include "tests/faults/points/point_house.h"
#include "tests/support/eventually.h"
#include "tests/support/part.h"

namespace certfleet::faults {
namespace {

using namespace std::chrono_literals;
using domain::Queue;

class MailPoints : public ::testing::Test {
 protected:
  void SetUp() override {
    if (postfix_.skip_reason()) GTEST_SKIP() << *postfix_.skip_reason();
    sql("INSERT INTO notification_table (name) VALUES ('ops');"
        "INSERT INTO notification_recipient VALUES (1, 'to', 1, 'ops@demo.test');"
        "INSERT INTO user_group (name, notification_id) VALUES ('web', 1);"
        "INSERT INTO service (name, group_id, common_name) VALUES ('shop', 1, 'www.demo.test')");
    auto password = read_file(postfix_.env("SMTP_PASSWORD_FILE"));
    auto box = pki::seal(sealing_key_.public_key(), domain::purpose::smtp_password,
                         pki::Secret::of(password.substr(0, password.find('\n'))));
    sql(fmt::format("INSERT INTO mail_settings (from_address, host, port, auth_user, auth_password_sealed, ca_pem)"
                    " VALUES ('{}', '{}', {}, '{}', decode('{}', 'hex'), '{}')",
                    postfix_.env("SMTP_SENDER"), postfix_.env("SMTP_HOST"), postfix_.env("SMTP_PORT"),
                    postfix_.env("SMTP_USER"), pki::to_hex(box), read_file(postfix_.env("SMTP_CA"))));
    house_.start_scheduler();
  }

  std::int64_t emit() {
    store::mails::Event event;
    event.event = domain::MailEvent::expiry_30;
    event.service = ServiceId(1);
    store::Database owner(database_.settings());
    owner.write([&](store::Tx& tx) { EXPECT_TRUE(store::mails::emit(tx, event)); });
    return std::stoll(sql("SELECT max(id) FROM mail"));
  }

  std::string sql(const std::string& statement) { return database_.sql(statement); }

  // Mails in the box with this mail's Message-ID; all that are there must have it.
  int arrived(std::int64_t mail) {
    auto id = sql(fmt::format("SELECT message_id FROM mail WHERE id = {}", mail));
    std::filesystem::path box = std::filesystem::path(postfix_.env("SMTP_MAILDIR")) / "new";
    int count = 0;
    if (!std::filesystem::exists(box)) return 0;
    for (const auto& file : std::filesystem::directory_iterator(box)) {
      EXPECT_NE(read_file(file.path()).find("Message-ID: " + id), std::string::npos);
      ++count;
    }
    return count;
  }

  testing::Part postfix_{"postfix"};
  testing::TestDatabase database_;
  pki::SealingKey sealing_key_ = pki::SealingKey::generate();
  PointHouse house_{database_, sealing_key_};
};

TEST_F(MailPoints, a_worker_that_dies_around_data_sends_at_most_a_copy_with_the_same_message_id) {
  auto mail = emit();
  house_.kill_at(Queue::mail, {"mail.data.before", "mail.data.after"}, [&](const std::string&) {
    EXPECT_EQ(sql("SELECT count(sent_at) FROM mail"), "0");
  });
  house_.expect_ended_once(mail, "mail.send");
  EXPECT_EQ(sql("SELECT count(sent_at) FROM mail"), "1");
  // The one that was killed before its DATA had sent nothing.
  EXPECT_TRUE(testing::eventually(20s, [&] { return arrived(mail) == 2; })) << arrived(mail);
}

// From the date in a certificate to the mailbox: the schedule's run, the scan, the event, the mail.
class ExpiryMails : public MailPoints {
 protected:
  struct Mail {
    std::string id, subject, to, body;
  };

  void SetUp() override {
    MailPoints::SetUp();
    if (IsSkipped()) return;
    sql("UPDATE settings SET language = 'en', time_zone = 'UTC';"
        "UPDATE notification_table SET title = 'TLS', body = 'Renew in time.';"
        "INSERT INTO service (name, group_id, common_name) VALUES ('mail', 1, 'mail.demo.test')");
    add_certificate("shop", "20 days");
    add_certificate("mail", "100 days");
  }

  void add_certificate(const std::string& service, const std::string& left) {
    sql(fmt::format("INSERT INTO certificate (service_id, slot, serial, sha256, common_name, not_before, not_after,"
                    " leaf_pem, chain_pem) SELECT id, 1, '01', 'x', common_name, now(), now() + interval '{}', '', ''"
                    " FROM service WHERE name = '{}'",
                    left, service));
  }
  // The schedule's next run is due now, and its scan ends.
  void scan() {
    auto ended = "SELECT count(*) FROM job_history WHERE kind = 'verify.expiry'";
    auto next = std::to_string(std::stoi(sql(ended)) + 1);
    sql("UPDATE schedule SET due_at = now() WHERE task = 'expiry-scan'");
    ASSERT_TRUE(house_.eventually_is(ended, next));
  }
  void expect_all_sent(int number) {
    house_.eventually_is("SELECT count(*) || ' ' || count(sent_at) FROM mail", fmt::format("{0} {0}", number));
  }

  static std::string header(const std::string& text, const std::string& name) {
    auto begin = text.find("\n" + name + ": ") + name.size() + 3;
    return text.substr(begin, text.find('\n', begin) - begin);
  }
  // What lies in the mailbox, by subject, once there are so many.
  std::vector<Mail> box(std::size_t number) {
    std::filesystem::path folder = std::filesystem::path(postfix_.env("SMTP_MAILDIR")) / "new";
    std::vector<Mail> mails;
    testing::eventually(20s, [&] {
      mails.clear();
      if (!std::filesystem::exists(folder)) return number == 0;
      for (const auto& file : std::filesystem::directory_iterator(folder)) {
        auto text = read_file(file.path());
        auto coded = text.substr(text.find("\n\n") + 2);
        std::erase(coded, '\n');
        auto body = pki::from_base64(coded).value_or("not base64");
        std::erase(body, '\r');
        mails.push_back({header(text, "Message-ID"), header(text, "Subject"), header(text, "To"), body});
      }
      return mails.size() >= number;
    });
    std::sort(mails.begin(), mails.end(), [](const auto& a, const auto& b) { return a.subject < b.subject; });
    return mails;
  }
};

TEST_F(ExpiryMails, a_certificate_near_its_end_is_told_of_once_a_threshold_however_often_it_is_looked_at) {
  house_.start_worker(Queue::verify);
  house_.start_worker(Queue::mail);
  scan();
  scan();
  expect_all_sent(1);
  auto last_day = sql("SELECT to_char(not_after AT TIME ZONE 'UTC', 'YYYYMMDD') FROM certificate WHERE service_id = 1");
  auto mails = box(1);
  ASSERT_EQ(mails.size(), 1U);
  EXPECT_EQ(mails[0].subject, "TLS Certificate expires in less than 30 days[shop]");
  EXPECT_EQ(mails[0].to, "<ops@demo.test>");
  EXPECT_EQ(mails[0].id, sql("SELECT message_id FROM mail"));
  EXPECT_EQ(mails[0].body, "Renew in time.\n\nThe certificate of shop expires in less than 30 days.\n Valid until : " +
                               last_day + "\n");
  // Ten days later: the one is past its next threshold, the other past its first one.
  sql("UPDATE certificate SET not_after = not_after - interval '10 days 1 minute'");
  scan();
  scan();
  expect_all_sent(3);
  mails = box(3);
  ASSERT_EQ(mails.size(), 3U);
  EXPECT_EQ(mails[0].subject, "TLS Certificate expires in less than 15 days[shop]");
  EXPECT_EQ(mails[1].subject, "TLS Certificate expires in less than 30 days[shop]");
  EXPECT_EQ(mails[2].subject, "TLS Certificate expires in less than 90 days[mail]");
}

TEST_F(ExpiryMails, a_scan_and_a_mail_worker_that_die_cost_a_copy_at_most_under_the_same_message_id) {
  auto& points = house_.points();
  sql("UPDATE schedule SET due_at = now() WHERE task = 'expiry-scan'");
  // The first dies when the events are committed and the scan's end is not.
  house_.kill_at(Queue::verify, {"intent.after", "commit.before"});
  ASSERT_TRUE(house_.eventually_is("SELECT count(*) FROM job_history WHERE kind = 'verify.expiry'", "1"));
  EXPECT_EQ(sql("SELECT string_agg(event, ' ') FROM mail"), "expiry_30");
  // The mail is at the server, and that it is can't be recorded any more.
  house_.kill_at(Queue::mail, {"mail.data.after", "commit.before"},
                 [&](const std::string&) { EXPECT_EQ(sql("SELECT count(sent_at) FROM mail"), "0"); });
  expect_all_sent(1);
  scan();
  auto mails = box(3);
  ASSERT_EQ(mails.size(), 3U) << "the first's, the second's, and the one that was recorded";
  for (const auto& mail : mails) {
    EXPECT_EQ(mail.id, sql("SELECT message_id FROM mail"));
    EXPECT_EQ(mail.subject, "TLS Certificate expires in less than 30 days[shop]");
  }
  EXPECT_EQ(sql("SELECT count(*) FROM mail"), "1");
  EXPECT_EQ(sql("SELECT count(*) FROM job_history WHERE kind = 'mail.send'"), "1");
  EXPECT_EQ(points.reached().size(), 4U);
}

}  // namespace
}  // namespace certfleet::faults
