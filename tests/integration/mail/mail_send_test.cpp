// Jobs mail.send from the database's facts to a mailbox, in the role of the worker.
#include "workers/mail/mail_send.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "lib/base/file.h"
#include "lib/pki/text.h"
#include "lib/store/mails.h"
#include "lib/store/traces.h"
#include "lib/trace/render.h"
#include "tests/support/database/database.h"
#include "tests/support/eventually.h"
#include "tests/support/failure.h"
#include "tests/support/part.h"

namespace certfleet::mail {
namespace {

using namespace std::chrono_literals;
using pipeline::Outcome;
using testing::failure_of;

// The database as the worker's role sees it; what is traced is kept here.
class Surroundings final : public pipeline::Context {
 public:
  explicit Surroundings(store::DatabaseSettings settings) : database_(std::move(settings)) {}

  Deadline deadline() const override { return Deadline::in(20s); }
  std::stop_token stop() const override { return stopper.get_token(); }
  void trace(trace::Line line) override { traces.push_back(line.id); }
  void read(const pipeline::Write& body) override { database_.read(body); }
  void commit(const pipeline::Write& body) override { database_.write(body); }

  std::vector<int> traces;
  std::stop_source stopper;

 private:
  store::Database database_;
};

std::shared_ptr<pki::KeyRing> only(const pki::SealingKey& key) {
  std::vector<pki::SealingKey> keys;
  keys.push_back(pki::SealingKey::from_file_text(key.to_file_text()));
  return std::make_shared<pki::KeyRing>(std::move(keys));
}

class MailSendTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { postfix_ = new testing::Part("postfix"); }
  static void TearDownTestSuite() { delete postfix_; }

  void SetUp() override {
    if (postfix_->skip_reason()) GTEST_SKIP() << *postfix_->skip_reason();
    database_.sql("UPDATE settings SET language = 'ja', time_zone = 'Asia/Tokyo'");
    database_.sql("INSERT INTO notification_table (name, title, body) VALUES ('ops', '証明書', 'おしらせ')");
    database_.sql("INSERT INTO notification_recipient VALUES (1, 'to', 1, 'ops@demo.test')");
    database_.sql("INSERT INTO user_group (name, notification_id) VALUES ('web', 1)");
    database_.sql("INSERT INTO ca_account (name, kind, directory_url, contact)"
                  " VALUES ('demo', 'acme', 'https://ca.test/dir', 'ops@demo.test')");
    database_.sql("INSERT INTO service (name, group_id, common_name, ca_account_id)"
                  " VALUES ('service001', 1, 'www.demo.test', 1)");
    add_settings();
  }

  void add_settings() {
    auto password = read_file(postfix_->env("SMTP_PASSWORD_FILE"));
    password = password.substr(0, password.find('\n'));
    auto box = pki::seal(key_.public_key(), domain::purpose::smtp_password, pki::Secret::of(password));
    database_.sql(fmt::format("INSERT INTO mail_settings (from_address, host, port, auth_user, auth_password_sealed,"
                              " ca_pem) VALUES ('{}', '{}', {}, '{}', decode('{}', 'hex'), '{}')",
                              postfix_->env("SMTP_SENDER"), postfix_->env("SMTP_HOST"), postfix_->env("SMTP_PORT"),
                              postfix_->env("SMTP_USER"), pki::to_hex(box), read_file(postfix_->env("SMTP_CA"))));
  }

  // As the apply worker's results would do it.
  domain::Job emit(store::mails::Event event) {
    event.service = ServiceId(1);
    store::Database owner(database_.settings());
    owner.write([&](store::Tx& tx) { EXPECT_TRUE(store::mails::emit(tx, event)); });
    domain::Job job;
    job.kind = "mail.send";
    job.subject = std::stoll(database_.sql("SELECT max(id) FROM mail"));
    return job;
  }

  void add_trace(int id, std::vector<std::string> args, int request_no, NodeId node) {
    auto line = trace::line(id, std::move(args));
    line.request_no = request_no;
    store::traces::Stored stored{0, line, ServiceId(1), node, {}};
    store::Database owner(database_.settings());
    owner.write([&](store::Tx& tx) { store::traces::add(tx, std::span(&stored, 1)); });
  }

  // One attempt; a success is committed by the worker's role.
  Outcome run(const domain::Job& job) {
    auto outcome = handler_.run(job, around_);
    for (const auto& write : outcome.writes) around_.commit(write);
    return outcome;
  }

  std::string sent_at(const domain::Job& job) {
    return database_.sql(fmt::format("SELECT sent_at FROM mail WHERE id = {}", job.subject));
  }

  static std::filesystem::path box() { return std::filesystem::path(postfix_->env("SMTP_MAILDIR")) / "new"; }

  // The body of the mail with this job's message id, once it has arrived; how many have it.
  std::pair<std::string, int> arrived(const domain::Job& job) {
    auto id = database_.sql(fmt::format("SELECT message_id FROM mail WHERE id = {}", job.subject));
    std::string body;
    int count = 0;
    auto look = [&] {
      count = 0;
      if (!std::filesystem::exists(box())) return false;
      for (const auto& file : std::filesystem::directory_iterator(box())) {
        auto text = read_file(file.path());
        if (text.find("Message-ID: " + id) == std::string::npos) continue;
        ++count;
        auto coded = text.substr(text.find("\n\n") + 2);
        std::erase(coded, '\n');
        body = pki::from_base64(coded).value_or("not base64");
        std::erase(body, '\r');
      }
      return count > 0;
    };
    EXPECT_TRUE(testing::eventually(20s, look));
    return {body, count};
  }

  static inline testing::Part* postfix_ = nullptr;
  testing::TestDatabase database_;
  pki::SealingKey key_ = pki::SealingKey::generate();
  MailSend handler_{only(key_)};
  Surroundings around_{database_.settings_as("certfleet_mail")};
};

TEST_F(MailSendTest, sends_what_the_database_says_and_records_it) {
  store::mails::Event event;
  event.event = domain::MailEvent::expiry_30;
  // Midnight in Tokyo is still the day before in UTC.
  event.not_after = std::chrono::sys_days(std::chrono::year(2023) / 2 / 25) + 15h;
  auto job = emit(event);
  EXPECT_EQ(run(job).verdict, Outcome::Verdict::done);
  EXPECT_EQ(arrived(job).first,
            "おしらせ\n\nservice001 の証明書の有効期間が30日未満です。\n 有効期間終了日 : 20230226\n");
  EXPECT_NE(sent_at(job), "");
  EXPECT_EQ(around_.traces, (std::vector<int>{21, 2204}));
}

TEST_F(MailSendTest, sends_nothing_twice) {
  auto job = emit({});
  run(job);
  around_.traces.clear();
  EXPECT_EQ(run(job).verdict, Outcome::Verdict::done);
  EXPECT_TRUE(around_.traces.empty());
  EXPECT_EQ(arrived(job).second, 1);
}

TEST_F(MailSendTest, after_an_apply_carries_the_traces_of_this_node_and_request_alone) {
  database_.sql("INSERT INTO site (name) VALUES ('幕張DC')");
  database_.sql("INSERT INTO access (name, address, login_id, login_key_sealed, host_key)"
                " VALUES ('a', 'h', 'u', 'x', 'SHA256:' || repeat('A', 43))");
  for (const char* name : {"ServerABC", "ServerXYZ"})
    database_.sql(fmt::format("INSERT INTO node (service_id, site_id, access_id, name, kind, verify_mode, cert_file,"
                              " key_file, work_dir) VALUES (1, 1, 1, '{}', 'apache', 'none', '/c', '/k', '/w')",
                              name));
  add_trace(1811, {"root"}, 7, NodeId(1));
  add_trace(1811, {"other-node"}, 7, NodeId(2));
  add_trace(1811, {"other-request"}, 8, NodeId(1));
  store::mails::Event event;
  event.event = domain::MailEvent::apply_failed;
  event.node = NodeId(1);
  event.request_no = 7;
  event.error = "no login";
  auto job = emit(event);
  EXPECT_EQ(run(job).verdict, Outcome::Verdict::done);
  auto body = arrived(job).first;
  for (const char* part : {"ServerABC への", " サービス名 : service001\n 拠点名 : 幕張DC\n メッセージ : no login\n",
                           " 適用の開始[apache] ", " apply <E1811> 00007 ", "[root]", " 適用の終了[apache] "})
    EXPECT_NE(body.find(part), std::string::npos) << part << " is not in\n" << body;
  EXPECT_EQ(body.find("other-"), std::string::npos) << body;
}

TEST_F(MailSendTest, without_mail_settings_fails_for_good_and_says_so) {
  database_.sql("DELETE FROM mail_settings");
  auto job = emit({});
  auto failure = failure_of([&] { run(job); });
  EXPECT_EQ(failure.fault(), Fault::usage);
  EXPECT_EQ(failure.trace_id(), 2202);
  EXPECT_EQ(around_.traces, (std::vector<int>{21, 2202}));
  EXPECT_EQ(sent_at(job), "");
}

TEST_F(MailSendTest, whose_recipients_are_gone_fails_for_good) {
  auto job = emit({});
  database_.sql("DELETE FROM notification_recipient");
  EXPECT_EQ(failure_of([&] { run(job); }).trace_id(), 2202);
}

TEST_F(MailSendTest, whose_password_this_host_can_not_open_fails_for_good) {
  auto job = emit({});
  MailSend stranger(only(pki::SealingKey::generate()));
  EXPECT_EQ(failure_of([&] { stranger.run(job, around_); }).fault(), Fault::permanent);
  EXPECT_EQ(around_.traces, (std::vector<int>{21, 2201}));
}

TEST_F(MailSendTest, without_a_server_may_succeed_later) {
  auto job = emit({});
  database_.sql("UPDATE mail_settings SET port = 1");
  EXPECT_TRUE(failure_of([&] { run(job); }).transient());
  EXPECT_EQ(sent_at(job), "");
}

TEST_F(MailSendTest, that_is_stopped_is_no_failure) {
  auto job = emit({});
  around_.stopper.request_stop();
  EXPECT_EQ(run(job).verdict, Outcome::Verdict::cancelled);
  EXPECT_EQ(around_.traces, (std::vector<int>{21}));
  EXPECT_EQ(sent_at(job), "");
}

TEST_F(MailSendTest, writes_nothing_when_given_up) {
  EXPECT_TRUE(handler_.gave_up(emit({}), Failure(Fault::permanent, "x")).empty());
}

TEST_F(MailSendTest, runs_in_a_role_that_may_do_little_more) {
  auto may = [&](const std::string& table, const std::string& what) {
    return database_.sql(fmt::format("SELECT has_any_column_privilege('certfleet_mail', 'certfleet.{0}', '{1}')",
                                     table, what)) == "t";
  };
  EXPECT_TRUE(may("mail_settings", "SELECT"));  // the check itself works
  for (const char* table : {"key_pair", "access", "ca_account", "certificate", "ca_order", "apply", "csr",
                            "acme_challenge", "app_user"})
    EXPECT_FALSE(may(table, "SELECT")) << table;
  for (const char* table : {"notification_table", "notification_recipient", "settings", "node",
                            "service", "site", "user_group"})
    EXPECT_FALSE(may(table, "UPDATE")) << table;
  // The one secret of its own it seals anew when the sealing key changes.
  EXPECT_EQ(database_.sql("SELECT string_agg(attname, ' ') FROM pg_attribute WHERE attrelid = 'certfleet.mail_settings'"
                          "::regclass AND has_column_privilege('certfleet_mail', attrelid, attnum, 'UPDATE')"),
            "auth_password_sealed");
  EXPECT_EQ(database_.sql("SELECT has_column_privilege('certfleet_mail', 'certfleet.mail', 'error', 'UPDATE')"), "f");
}

}  // namespace
}  // namespace certfleet::mail
