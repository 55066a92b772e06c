// certfleet mail test, from the command over the mail worker to a real Postfix.
#include <gtest/gtest.h>

#include <filesystem>

#include "lib/base/file.h"
#include "tests/integration/cli/house.h"

namespace certfleet::cli {
namespace {

using certfleet::testing::Part;
using certfleet::testing::Process;

class Mail : public House {
 protected:
  static std::size_t mails_in(const Part& postfix) {
    std::error_code error;
    std::size_t count = 0;
    for (std::filesystem::directory_iterator file(postfix.env("SMTP_MAILDIR") + "/new", error), end;
         !error && file != end; ++file)
      ++count;
    return count;
  }
};

TEST_F(Mail, a_test_mail_goes_out_or_the_reason_is_said) {
  Part postfix("postfix");
  if (postfix.skip_reason()) GTEST_SKIP() << *postfix.skip_reason();
  // No broker runs: the worker asks the database by itself.
  Process worker(
      {CERTFLEET_BIN "/certfleet-worker-mail", "--config", (config() / "worker-mail.toml").string()});
  bad(3, "there is no notification table yet", {"mail", "test"});
  good({"notification", "add", "ops", "--to", "ops@demo.test", "--title", "SSL証明書管理SW"});
  auto refused = certfleet({"mail", "test"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("there are no mail settings"), std::string::npos) << refused.err;

  auto set = [&](const std::string& password) {
    good({"mail", "set", "--host", postfix.env("SMTP_HOST"), "--port", postfix.env("SMTP_PORT"), "--from",
          postfix.env("SMTP_SENDER"), "--user", postfix.env("SMTP_USER"), "--ca-file", postfix.env("SMTP_CA"),
          "--password-stdin"},
         password);
  };
  set("wrong\n");
  refused = certfleet({"mail", "test"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.out.find("<E2201>"), std::string::npos) << refused.out;
  EXPECT_EQ(mails_in(postfix), 0U);

  set(read_file(postfix.env("SMTP_PASSWORD_FILE")));
  auto sent = good({"mail", "test", "--notification", "ops"});
  EXPECT_NE(sent.find("the test mail is sent"), std::string::npos) << sent;
  EXPECT_EQ(mails_in(postfix), 1U);
}

}  // namespace
}  // namespace certfleet::cli
