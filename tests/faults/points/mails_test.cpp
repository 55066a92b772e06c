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

}  // namespace
}  // namespace certfleet::faults
