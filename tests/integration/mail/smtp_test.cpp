// Mail through a real Postfix that demands STARTTLS and AUTH.
#include "workers/mail/smtp.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

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
    return {postfix_->env("SMTP_SENDER"), {"admin@demo.test"}, {"boss@demo.test"}, "<1@certfleet>",
            std::chrono::system_clock::now()};
  }
  static Text text() { return {"SSL証明書管理SW 申請を開始しました[service001]", "service001 の申請\n"}; }

  static std::size_t mails() {
    auto folder = std::filesystem::path(postfix_->env("SMTP_MAILDIR")) / "new";
    if (!std::filesystem::exists(folder)) return 0;
    auto files = std::filesystem::directory_iterator(folder);
    return static_cast<std::size_t>(std::distance(begin(files), end(files)));
  }
  static std::string newest_mail() {
    std::filesystem::directory_entry newest;
    for (const auto& file :
         std::filesystem::directory_iterator(std::filesystem::path(postfix_->env("SMTP_MAILDIR")) / "new"))
      if (newest.path().empty() || file.last_write_time() > newest.last_write_time()) newest = file;
    return read_file(newest.path());
  }

  static inline testing::Part* postfix_ = nullptr;
};

TEST_F(SmtpTest, a_mail_arrives_over_an_encrypted_connection_with_its_headers) {
  auto before = mails();
  auto sent = send(server(), envelope(), text(), Deadline::in(20s));
  EXPECT_TRUE(sent.encrypted);
  ASSERT_TRUE(testing::eventually(20s, [&] { return mails() == before + 2; }));
  auto mail = newest_mail();
  EXPECT_NE(mail.find("Message-ID: <1@certfleet>"), std::string::npos) << mail;
  EXPECT_NE(mail.find("To: <admin@demo.test>"), std::string::npos) << mail;
  EXPECT_NE(mail.find("boss@demo.test"), std::string::npos) << mail;
  EXPECT_NE(mail.find("Auto-Submitted: auto-generated"), std::string::npos) << mail;
  EXPECT_NE(mail.find("with ESMTPSA"), std::string::npos) << "not encrypted and authenticated: " << mail;
  EXPECT_NE(mail.find("Subject: =?UTF-8?"), std::string::npos) << mail;
  EXPECT_NE(mail.find("c2VydmljZTAwMSDjga7nlLPoq4sK"), std::string::npos) << "the body in base64: " << mail;
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
  other.host = "127.0.0.2";  // reachable, but the certificate names another address
  auto failure = failure_of([&] { send(other, envelope(), text(), Deadline::in(20s)); });
  EXPECT_TRUE(failure.fault() == Fault::denied || failure.fault() == Fault::unreachable) << failure.what();
}

TEST_F(SmtpTest, a_recipient_that_the_server_refuses_is_a_failure_for_good) {
  auto elsewhere = envelope();
  elsewhere.to = {"somebody@elsewhere.example"};
  EXPECT_EQ(failure_of([&] { send(server(), elsewhere, text(), Deadline::in(20s)); }).fault(), Fault::permanent);
}

TEST_F(SmtpTest, an_address_with_a_line_break_is_refused_before_anything_is_sent) {
  auto sly = envelope();
  sly.to = {"a@demo.test\r\nRCPT TO:<b@demo.test>"};
  EXPECT_EQ(failure_of([&] { send(server(), sly, text(), Deadline::in(20s)); }).fault(), Fault::usage);
}

// A server that says what the test tells it to, and nothing else.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::string greeting, std::string answer_to_ehlo) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* raw = static_cast<sockaddr*>(static_cast<void*>(&address));
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd_, raw, size), 0);
    EXPECT_EQ(::listen(fd_, 1), 0);
    EXPECT_EQ(::getsockname(fd_, raw, &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, greeting, answer_to_ehlo] {
      int client = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
      say(client, greeting);
      std::array<char, 1024> block{};
      bool first = true;
      for (ssize_t n; (n = ::read(client, block.data(), block.size())) > 0; first = false) {
        heard_.append(block.data(), static_cast<std::size_t>(n));
        if (first) say(client, answer_to_ehlo);
      }
      ::close(client);
    });
  }
  ~ScriptedServer() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }
  int port() const { return port_; }
  std::string heard() const { return heard_; }

 private:
  static void say(int client, const std::string& text) {
    EXPECT_EQ(::write(client, text.data(), text.size()), std::ssize(text));
  }
  int fd_ = -1;
  int port_ = 0;
  std::string heard_;
  std::thread thread_;
};

Server at(int port) {
  Server server;
  server.host = "127.0.0.1";
  server.port = port;
  server.user = "mailer";
  server.password = pki::Secret::of("very-secret");
  return server;
}

const Envelope any{"a@demo.test", {"b@demo.test"}, {}, "<1@x>", WallTime()};

TEST(Smtp, without_starttls_no_credentials_are_sent) {
  ScriptedServer plain("220 hello\r\n", "250-hello\r\n250 AUTH PLAIN LOGIN\r\n");
  auto failure = failure_of([&] { send(at(plain.port()), any, {"s", "b"}, Deadline::in(5s)); });
  EXPECT_EQ(failure.fault(), Fault::denied);
  testing::expect_says(failure, "STARTTLS");
  EXPECT_EQ(plain.heard().find("AUTH"), std::string::npos);
}

TEST(Smtp, a_silent_server_ends_at_the_deadline) {
  ScriptedServer silent("", "");
  auto begin = Monotonic::now();
  auto failure = failure_of([&] { send(at(silent.port()), any, {"s", "b"}, Deadline::in(500ms)); });
  EXPECT_EQ(failure.fault(), Fault::unreachable) << failure.what();
  EXPECT_LT(Monotonic::now() - begin, 5s);
}

TEST(Smtp, a_server_that_is_busy_is_tried_again) {
  ScriptedServer busy("421 too busy\r\n", "");
  EXPECT_EQ(failure_of([&] { send(at(busy.port()), any, {"s", "b"}, Deadline::in(5s)); }).fault(), Fault::retry);
}

TEST(Smtp, nobody_there_is_unreachable) {
  EXPECT_EQ(failure_of([&] { send(at(1), any, {"s", "b"}, Deadline::in(5s)); }).fault(), Fault::unreachable);
}

}  // namespace
}  // namespace certfleet::mail
