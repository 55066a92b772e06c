// The parts themselves: each comes up, does its job, and leaves nothing behind.
#include "tests/support/part.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/support/eventually.h"
#include "tests/support/free_port.h"

namespace certfleet::testing {
namespace {

using std::chrono::seconds;

std::string bash(const Part& part, const std::string& script) {
  ProcessOptions options;
  options.env = part.env();
  options.env["DIR"] = part.dir();
  options.env["PATH"] = std::string(::getenv("PATH")) + ":/usr/sbin:/sbin";
  auto finished = run({"bash", "-c", script}, options);
  return finished.out + finished.err;
}

// Command lines and working folders of all processes that have to do with this folder.
std::string processes_of(const std::filesystem::path& dir) {
  std::string found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream file(entry.path() / "cmdline");
    std::string line;
    std::getline(file, line, '\n');  // nothing if it has just ended
    if (line.find(dir.string()) != std::string::npos) found += line + "\n";
  }
  return found;
}

TEST(Postgres, lets_the_superuser_in_over_socket_and_with_the_password_over_tcp) {
  Part part("postgres", {{"PARTS_FSYNC", "off"}});
  EXPECT_EQ(bash(part, "psql -X \"$PG_DSN dbname=postgres\" -Atc 'SELECT 1'"), "1\n");
  EXPECT_EQ(bash(part, "psql -X \"$PG_TCP_DSN dbname=postgres\" -Atc 'SELECT 2'"), "2\n");
  EXPECT_NE(
      bash(part, "PGPASSWORD=wrong psql -X \"host=127.0.0.1 port=$PG_PORT user=postgres\" -Atc 'SELECT 3'")
          .find("password authentication failed"),
      std::string::npos);
}

TEST(Pebble, answers_and_resolves_every_name_to_the_loopback) {
  Part part("pebble", {{"HTTP01_PORT", std::to_string(free_port())}});
  EXPECT_NE(bash(part, "curl -sS --noproxy '*' --cacert $PEBBLE_CA $PEBBLE_DIRECTORY").find("newOrder"),
            std::string::npos);
  EXPECT_EQ(bash(part, "grep -c 'BEGIN CERTIFICATE' $PEBBLE_ROOT"), "1\n");
}

TEST(Apache, serves_a_new_certificate_after_a_graceful_reload_and_none_that_its_test_refuses) {
  Part part("apache", {{"SITE_NAME", "shop.demo.test"}});
  std::string served =
      "served() { openssl s_client -connect 127.0.0.1:$APACHE_PORT -servername $SITE_NAME </dev/null "
      "2>/dev/null | openssl x509 -noout -serial -subject; }; ";
  auto before = bash(part, served + "served");
  EXPECT_NE(before.find("shop.demo.test"), std::string::npos);
  bash(part,
       "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=shop.demo.test -keyout $APACHE_KEY_FILE "
       "-out $APACHE_CERT_FILE 2>/dev/null && $APACHE_CONTROL graceful");
  EXPECT_TRUE(eventually(seconds(10), [&] {
    auto now = bash(part, served + "served");
    return now != before && now.find("shop.demo.test") != std::string::npos;
  }));
  EXPECT_NE(bash(part, "echo Nonsense >$APACHE_CONF_DIR/x.conf; $APACHE_CONTROL graceful").find("Nonsense"),
            std::string::npos);
}

TEST(Apache, comes_back_when_it_is_told_to_after_it_died_of_its_certificate) {
  Part part("apache");
  std::string up = "openssl s_client -connect 127.0.0.1:$APACHE_PORT </dev/null >/dev/null 2>&1 && echo up";
  bash(part, "cp $APACHE_KEY_FILE $DIR/saved; echo junk >$APACHE_KEY_FILE; $APACHE_CONTROL graceful");
  ASSERT_TRUE(eventually(seconds(10), [&] { return bash(part, up).empty(); }));
  // A server on its way down misses a reload.
  bash(part, "cp $DIR/saved $APACHE_KEY_FILE");
  EXPECT_TRUE(eventually(
      seconds(10), [&] { return bash(part, "$APACHE_CONTROL graceful 2>/dev/null; " + up) == "up\n"; }));
}

const std::string ssh =
    "printf '[127.0.0.1]:%s %s\\n' $SSH_PORT \"$(cat $SSH_HOST_KEY)\" >$DIR/known; "
    "login() { ssh -o UserKnownHostsFile=$DIR/known -o StrictHostKeyChecking=yes -p $SSH_PORT \"$@\"; }; ";

TEST(Sshd, lets_its_user_in_with_the_key) {
  Part part("sshd");
  EXPECT_EQ(bash(part, ssh + "login -i $SSH_KEY $SSH_USER@127.0.0.1 id -un"), part.env("SSH_USER") + "\n");
}

TEST(Sshd, has_users_of_its_own_that_become_root_by_sudo_and_by_su) {
  Part part("sshd");
  if (::geteuid() != 0) GTEST_SKIP() << "needs root: users of its own";
  EXPECT_EQ(bash(part, ssh + "login -i $SSH_KEY deploy@127.0.0.1 \"sudo -n true || echo asks; "
                             "sudo -S -p '' id -un\" <$SSH_PASSWORD 2>/dev/null"),
            "asks\nroot\n");
  EXPECT_EQ(bash(part, ssh + "login -i $SSH_KEY $SSH_USER_FREE@127.0.0.1 sudo -n id -un"), "root\n");
  EXPECT_NE(bash(part, ssh + "login -i $SSH_KEY $SSH_USER_SU@127.0.0.1 su -c whoami <$SSH_ROOT_PASSWORD")
                .find("root"),
            std::string::npos);
  std::string with_password =
      "printf '#!/bin/sh\\ncat $SSH_PASSWORD\\n' >$DIR/ask; chmod +x $DIR/ask; SSH_ASKPASS=$DIR/ask "
      "SSH_ASKPASS_REQUIRE=force login -o PubkeyAuthentication=no deploy@127.0.0.1 id -un";
  EXPECT_EQ(bash(part, ssh + with_password), "deploy\n");
  EXPECT_EQ(bash(part, "getent passwd deploy"), "") << "the system knows nothing of them";
}

TEST(Postfix, takes_mail_with_tls_and_login_only) {
  Part part("postfix");
  if (part.skip_reason()) GTEST_SKIP() << *part.skip_reason();
  std::string send =
      "printf 'Subject: probe\\r\\n\\r\\nbody\\r\\n' >$DIR/probe; "
      "send() { curl -sS --noproxy '*' --cacert $SMTP_CA smtp://localhost:$SMTP_PORT --mail-from "
      "$SMTP_SENDER "
      "--mail-rcpt ops@demo.test -T $DIR/probe -K - \"$@\"; echo $?; }; "
      "login() { echo \"user = $SMTP_USER:$(cat $SMTP_PASSWORD_FILE)\"; }; ";
  EXPECT_NE(bash(part, send + "login | send"), "0\n") << "no TLS";
  EXPECT_NE(bash(part, send + "send --ssl-reqd </dev/null"), "0\n") << "no login";
  EXPECT_NE(bash(part, send + "echo user = $SMTP_USER:wrong | send --ssl-reqd"), "0\n") << "wrong password";
  EXPECT_EQ(bash(part, send + "login | send --ssl-reqd"), "0\n");
  EXPECT_TRUE(eventually(seconds(10), [&] {
    return bash(part, "cat $SMTP_MAILDIR/new/* 2>/dev/null").find("Delivered-To: ops@demo.test") !=
           std::string::npos;
  }));
}

class EveryPart : public ::testing::TestWithParam<const char*> {};

TEST_P(EveryPart, leaves_no_process_behind_when_it_is_ended) {
  std::filesystem::path dir;
  {
    Part part(GetParam());
    if (part.skip_reason()) GTEST_SKIP() << *part.skip_reason();
    dir = part.dir();
    ASSERT_NE(processes_of(dir), "");
  }
  EXPECT_TRUE(eventually(seconds(10), [&] { return processes_of(dir).empty(); })) << processes_of(dir);
}

TEST_P(EveryPart, leaves_no_process_behind_when_it_is_killed) {
  Part part(GetParam());
  if (part.skip_reason()) GTEST_SKIP() << *part.skip_reason();
  part.process().signal(SIGKILL);
  EXPECT_TRUE(eventually(seconds(10), [&] { return processes_of(part.dir()).empty(); }))
      << processes_of(part.dir());
}

INSTANTIATE_TEST_SUITE_P(Parts, EveryPart,
                         ::testing::Values("postgres", "pebble", "apache", "sshd", "postfix"),
                         [](const auto& part) { return std::string(part.param); });

TEST(Part, ends_when_the_process_that_started_it_is_gone) {
  TempDir dir;
  ProcessOptions options;
  options.env["DIR"] = dir.path();
  Process parent({"bash", "-c", "setsid " CERTFLEET_SOURCE "/tests/parts/apache $DIR & wait"}, options);
  ASSERT_TRUE(parent.wait_for_line("ready", seconds(60)));
  parent.signal(SIGKILL);
  EXPECT_TRUE(eventually(seconds(10), [&] { return processes_of(dir.path()).empty(); }))
      << processes_of(dir.path());
}

}  // namespace
}  // namespace certfleet::testing
