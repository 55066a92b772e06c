// Scripts over a real sshd, as the login and as the execution id by a real sudo and a real su.
#include "workers/apply/ssh_remote.h"

#include <gtest/gtest.h>

#include "lib/base/error.h"
#include "tests/integration/apply/ssh_node.h"
#include "tests/support/failure.h"

namespace certfleet::apply {
namespace {

using namespace std::chrono_literals;
using testing::failure_of;

constexpr Script who = {"who", "id -un; cat; echo \"$0 $1\"\n"};

class SshRemoteTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!node.is_root()) GTEST_SKIP() << "needs root";
  }
  static Budget budget() { return {Deadline::in(20s), {}}; }
  SshLogin as(const std::string& user) {
    auto login = node.login();
    login.user = user;
    return login;
  }
  std::string run(const SshLogin& login, std::optional<Execution> execution) {
    SshRemote remote(login, std::move(execution), budget());
    auto reply = remote.run(who, {"one word"}, "input\n", budget());
    EXPECT_EQ(reply.exit, 0) << reply.err;
    return reply.out;
  }

  SshNode node;
};

TEST_F(SshRemoteTest, without_execution_id_scripts_run_as_the_login) {
  EXPECT_EQ(run(node.login(), std::nullopt), "deploy\ninput\nwho one word\n");
  EXPECT_EQ(run(node.login(), Execution{"deploy", {}}), "deploy\ninput\nwho one word\n");
}

TEST_F(SshRemoteTest, sudo_takes_the_password_and_leaves_the_input) {
  EXPECT_EQ(run(node.login(), Execution{"root", node.password()}), "root\ninput\nwho one word\n");
}

TEST_F(SshRemoteTest, sudo_that_asks_for_nothing_needs_no_password) {
  EXPECT_EQ(run(as("deploy-free"), Execution{"root", {}}), "root\ninput\nwho one word\n");
}

TEST_F(SshRemoteTest, a_password_that_nobody_asks_for_never_becomes_input) {
  EXPECT_EQ(run(as("deploy-free"), Execution{"root", node.password()}), "root\ninput\nwho one word\n");
}

TEST_F(SshRemoteTest, where_sudo_is_not_allowed_su_takes_the_execution_ids_password) {
  EXPECT_EQ(run(as("deploy-su"), Execution{"root", node.root_password()}), "root\ninput\nwho one word\n");
}

TEST_F(SshRemoteTest, a_wrong_password_is_refused_once_and_says_whose) {
  auto failure = failure_of([&] { SshRemote(node.login(), Execution{"root", "wrong"}, budget()); });
  EXPECT_EQ(failure.trace_id(), 1811);
  EXPECT_EQ(failure.fault(), Fault::denied);
  testing::expect_says(failure, "login deploy can't become root");
  EXPECT_EQ(std::string(failure.what()).find("wrong"), std::string::npos);
}

TEST_F(SshRemoteTest, a_missing_password_does_not_hang) {
  auto start = Monotonic::now();
  EXPECT_EQ(failure_of([&] { SshRemote(node.login(), Execution{"root", {}}, budget()); }).trace_id(), 1811);
  EXPECT_LT(Monotonic::now() - start, 10s);
}

TEST_F(SshRemoteTest, no_password_is_ever_in_the_process_list) {
  SshRemote remote(node.login(), Execution{"root", node.password()}, budget());
  constexpr Script list = {"list",
                           "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' ' '\n"};
  auto reply = remote.run(list, {}, "key material", budget());
  EXPECT_NE(reply.out.find("sudo -S"), std::string::npos);
  EXPECT_EQ(reply.out.find(node.password()), std::string::npos);
  EXPECT_EQ(reply.out.find("key material"), std::string::npos);
}

TEST_F(SshRemoteTest, large_input_passes_sudo_whole) {
  SshRemote remote(node.login(), Execution{"root", node.password()}, budget());
  std::string large(1U << 20U, 'k');
  constexpr Script count = {"count", "wc -c\n"};
  EXPECT_EQ(remote.run(count, {}, large, budget()).out, "1048576\n");
}

}  // namespace
}  // namespace certfleet::apply
