// Mail through a real Postfix that demands STARTTLS and AUTH.
#include "workers/mail/smtp.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <vector>

#include "lib/base/file.h"
#include "tests/support/eventually.h"
#include "tests/support/failure.h"
#include "tests/support/part.h"

namespace certfleet::mail {
namespace {

using namespace std::chrono_literals;
using testing::failure_of;

class SmtpTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { postfix_ = new testing::Part("postfix"); }
  static void TearDownTestSuite() { delete postfix_; }
  void SetUp() override {
    if (postfix_->skip_reason()) GTEST_SKIP() << *postfix_->skip_reason();
  }

  static Server server() {
    Server server;
    server.host = postfix_->env("SMTP_HOST");
    server.port = std::stoi(postfix_->env("SMTP_PORT"));
    server.user = postfix_->env("SMTP_USER");
    server.password = pki::Secret(first_line(postfix_->env("SMTP_PASSWORD_FILE")));
    server.ca_pem = read_file(postfix_->env("SMTP_CA"));
    return server;
  }
  static std::string first_line(const std::string& file) {
    auto text = read_file(file);
    return text.substr(0, text.find('\n'));
  }
  static Envelope envelope() {
    static int made = 0;
    return {postfix_->env("SMTP_SENDER"), {"admin@demo.test"}, {"boss@demo.test"},
            "<" + std::to_string(++made) + "@certfleet>", std::chrono::system_clock::now()};
  }
  static Text text() { return {"SSL証明書管理SW 申請を開始しました[service001]", "service001 の申請\n"}; }

  // The mails that have arrived with this message id.
  static std::vector<std::string> arrived(const std::string& message_id) {
    std::vector<std::string> mails;
    auto folder = std::filesystem::path(postfix_->env("SMTP_MAILDIR")) / "new";
    if (!std::filesystem::exists(folder)) return mails;
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
      auto mail = read_file(file.path());
      if (mail.find("Message-ID: " + message_id) != std::string::npos) mails.push_back(mail);
    }
    return mails;
  }

  static inline testing::Part* postfix_ = nullptr;
};

TEST_F(SmtpTest, a_mail_arrives_over_an_encrypted_connection_with_its_headers) {
  auto both = envelope();
  auto sent = send(server(), both, text(), Deadline::in(20s));
  EXPECT_TRUE(sent.encrypted);
  ASSERT_TRUE(testing::eventually(20s, [&] { return arrived(both.message_id).size() == 2; }));
  auto mail = arrived(both.message_id).front();
  EXPECT_NE(mail.find("To: <admin@demo.test>"), std::string::npos) << mail;
  EXPECT_NE(mail.find("boss@demo.test"), std::string::npos) << mail;
  EXPECT_NE(mail.find("Auto-Submitted: auto-generated"), std::string::npos) << mail;
  EXPECT_NE(mail.find("with ESMTPSA"), std::string::npos) << "not encrypted and authenticated: " << mail;
  EXPECT_NE(mail.find("Subject: =?UTF-8?"), std::string::npos) << mail;
  EXPECT_NE(mail.find("c2VydmljZTAwMSDjga7nlLPoq4sNCg=="), std::string::npos) << "the body in base64: " << mail;
}

TEST_F(SmtpTest, a_wrong_password_is_refused_for_good) {
  auto wrong = server();
  wrong.password = pki::Secret::of("nonsense");
  auto failure = failure_of([&] { send(wrong, envelope(), text(), Deadline::in(20s)); });
  EXPECT_EQ(failure.fault(), Fault::permanent) << failure.what();
  EXPECT_EQ(std::string(failure.what()).find("nonsense"), std::string::npos);
}

TEST_F(SmtpTest, a_server_of_another_ca_gets_no_credentials) {
  auto other = server();
  other.ca_pem = std::nullopt;  // the system's trust knows no private CA
  auto failure = failure_of([&] { send(other, envelope(), text(), Deadline::in(20s)); });
  EXPECT_EQ(failure.fault(), Fault::denied) << failure.what();
}

TEST_F(SmtpTest, a_server_of_another_name_gets_no_credentials) {
  auto other = server();
  other.host = "127.1";  // the same address, but not a name in the certificate
  auto failure = failure_of([&] { send(other, envelope(), text(), Deadline::in(20s)); });
  EXPECT_EQ(failure.fault(), Fault::denied) << failure.what();
}

TEST_F(SmtpTest, a_server_may_be_known_by_its_address) {
  auto same = server();
  same.host = "127.0.0.1";
  EXPECT_TRUE(send(same, envelope(), text(), Deadline::in(20s)).encrypted);
}

TEST_F(SmtpTest, a_refused_recipient_does_not_keep_the_mail_from_the_others) {
  auto mixed = envelope();
  mixed.cc = {"somebody@elsewhere.example"};
  auto sent = send(server(), mixed, text(), Deadline::in(20s));
  EXPECT_EQ(sent.recipients, 1);
  EXPECT_EQ(sent.refused.size(), 1u);
  ASSERT_TRUE(testing::eventually(20s, [&] { return arrived(mixed.message_id).size() == 1; }));
}

TEST_F(SmtpTest, refused_recipients_alone_are_a_failure_for_good) {
  auto elsewhere = envelope();
  elsewhere.to = {"somebody@elsewhere.example"};
  elsewhere.cc.clear();
  EXPECT_EQ(failure_of([&] { send(server(), elsewhere, text(), Deadline::in(20s)); }).fault(), Fault::permanent);
}

TEST_F(SmtpTest, the_ca_may_stand_anywhere_in_a_bundle) {
  auto bundled = server();
  auto own = read_file("/etc/ssl/certs/ca-certificates.crt");
  auto one = own.substr(0, own.find("-----END CERTIFICATE-----") + 26);
  bundled.ca_pem = one + *bundled.ca_pem;
  EXPECT_TRUE(send(bundled, envelope(), text(), Deadline::in(20s)).encrypted);
}

TEST_F(SmtpTest, a_ca_that_is_none_is_a_fault_of_the_settings) {
  auto broken = server();
  broken.ca_pem = "no certificate";
  EXPECT_EQ(failure_of([&] { send(broken, envelope(), text(), Deadline::in(20s)); }).fault(), Fault::usage);
}

TEST_F(SmtpTest, an_address_with_a_line_break_is_refused_before_anything_is_sent) {
  auto sly = envelope();
  sly.to = {"a@demo.test\r\nRCPT TO:<b@demo.test>"};
  EXPECT_EQ(failure_of([&] { send(server(), sly, text(), Deadline::in(20s)); }).fault(), Fault::usage);
}

}  // namespace
}  // namespace certfleet::mail
