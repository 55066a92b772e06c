// The SSH session against a real sshd.
#include "workers/apply/ssh_session.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>

#include "lib/base/error.h"
#include "tests/integration/apply/ssh_node.h"
#include "tests/support/failure.h"
#include "workers/apply/quote.h"

namespace certfleet::apply {
namespace {

using namespace std::chrono_literals;
using testing::failure_of;

int open_descriptors() {
  auto all = std::filesystem::directory_iterator("/proc/self/fd");
  return static_cast<int>(std::distance(begin(all), end(all)));
}

class SshSessionTest : public ::testing::Test {
 protected:
  SshNode node;
  SshLogin login() { return node.login(); }
  static Budget budget(std::chrono::milliseconds span = 20s) { return {Deadline::in(span), {}}; }
};

TEST_F(SshSessionTest, a_command_gets_its_words_its_input_and_gives_back_all_it_says) {
  SshSession session(login(), budget());
  std::vector<std::string> words = {"sh", "-c", "cat; echo \"$1\" >&2; exit 7", "x", "it's $HOME"};
  auto reply = session.execute(command_line(words), "to the input", budget());
  EXPECT_EQ(reply.exit, 7);
  EXPECT_EQ(reply.out, "to the input");
  EXPECT_EQ(reply.err, "it's $HOME\n");
}

TEST_F(SshSessionTest, input_larger_than_every_window_comes_through) {
  SshSession session(login(), budget());
  std::string large(5U << 20U, 'x');
  EXPECT_EQ(session.execute("wc -c", large, budget()).out, "5242880\n");
}

TEST_F(SshSessionTest, a_command_that_reads_nothing_of_its_input_still_answers) {
  SshSession session(login(), budget());
  auto reply = session.execute("echo early; exit 3", std::string(3U << 20U, 'x'), budget());
  EXPECT_EQ(reply.exit, 3);
  EXPECT_EQ(reply.out, "early\n");
}

TEST_F(SshSessionTest, endless_output_is_bounded) {
  SshSession session(login(), budget());
  auto reply = session.execute("head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2", {}, budget());
  EXPECT_EQ(reply.exit, 0);
  EXPECT_EQ(reply.out.size(), 256U << 10U);
  EXPECT_EQ(reply.err.size(), 256U << 10U);
}

TEST_F(SshSessionTest, any_of_the_servers_host_keys_can_be_pinned) {
  auto other = login();
  other.host_key = node.part().env("SSH_HOST_FINGERPRINT_ECDSA");
  EXPECT_NO_THROW(SshSession(other, budget()));
}

TEST_F(SshSessionTest, another_host_key_is_refused_before_anything_secret_is_sent) {
  auto changed = login();
  changed.host_key = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
  auto failure = failure_of([&] { SshSession session(changed, budget()); });
  EXPECT_EQ(failure.trace_id(), 1823);
  EXPECT_EQ(failure.fault(), Fault::denied);
  testing::expect_says(failure, node.part().env("SSH_HOST_FINGERPRINT"));
  // sshd would have named the user of any try to log in.
  EXPECT_EQ(node.log().find(changed.user), std::string::npos) << node.log();
}

TEST_F(SshSessionTest, without_a_pinned_host_key_nobody_is_called) {
  auto open = login();
  open.host_key.clear();
  open.port = 1;
  EXPECT_EQ(failure_of([&] { SshSession session(open, budget()); }).trace_id(), 1824);
}

TEST_F(SshSessionTest, a_refused_login_is_permanent_and_names_the_user) {
  auto wrong = login();
  wrong.user = "nobody-here";
  auto failure = failure_of([&] { SshSession session(wrong, budget()); });
  EXPECT_EQ(failure.trace_id(), 1811);
  EXPECT_FALSE(failure.transient());
  EXPECT_NE(std::string(failure.what()).find("nobody-here"), std::string::npos);
}

TEST_F(SshSessionTest, a_password_logs_in_and_a_wrong_one_does_not) {
  if (!node.is_root()) GTEST_SKIP() << "needs root";
  EXPECT_NO_THROW(SshSession(node.password_login(), budget()));
  auto wrong = node.password_login();
  wrong.password = "not the password";
  auto failure = failure_of([&] { SshSession session(wrong, budget()); });
  EXPECT_EQ(failure.trace_id(), 1811);
  EXPECT_EQ(std::string(failure.what()).find("not the password"), std::string::npos);
}

TEST_F(SshSessionTest, a_private_key_that_is_none_is_said_so) {
  auto wrong = login();
  wrong.key = "no key at all";
  auto failure = failure_of([&] { SshSession session(wrong, budget()); });
  EXPECT_EQ(failure.fault(), Fault::usage) << failure.what();
}

TEST_F(SshSessionTest, a_closed_port_is_unreachable) {
  auto away = login();
  away.port = 1;
  auto failure = failure_of([&] { SshSession session(away, budget()); });
  EXPECT_EQ(failure.fault(), Fault::unreachable);
  EXPECT_EQ(failure.trace_id(), 1825);
}

// Accepts connections in the kernel and never says a word.
class Silent {
 public:
  Silent() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), length), 0);
    EXPECT_EQ(::listen(fd_, 4), 0);
    EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length), 0);
    port_ = ntohs(address.sin_port);
  }
  ~Silent() { ::close(fd_); }
  Silent(const Silent&) = delete;
  Silent& operator=(const Silent&) = delete;
  int port() const { return port_; }

 private:
  int fd_;
  int port_ = 0;
};

TEST_F(SshSessionTest, a_silent_server_costs_no_more_than_the_deadline) {
  Silent silent;
  auto mute = login();
  mute.port = silent.port();
  auto start = Monotonic::now();
  auto failure = failure_of([&] { SshSession session(mute, budget(500ms)); });
  EXPECT_EQ(failure.trace_id(), 1810);
  EXPECT_TRUE(failure.transient());
  EXPECT_LT(Monotonic::now() - start, 3s);
}

TEST_F(SshSessionTest, a_command_that_hangs_costs_no_more_than_the_deadline) {
  SshSession session(login(), budget());
  auto start = Monotonic::now();
  auto failure = failure_of([&] { session.execute("exec sleep 30", {}, budget(500ms)); });
  EXPECT_EQ(failure.trace_id(), 1810);
  EXPECT_LT(Monotonic::now() - start, 3s);
}

TEST_F(SshSessionTest, a_stop_is_heeded_while_waiting) {
  SshSession session(login(), budget());
  std::stop_source stop;
  std::jthread later([&] { stop.request_stop(); });
  auto start = Monotonic::now();
  auto failure = failure_of([&] {
    session.execute("exec sleep 30", {}, {Deadline::in(20s), stop.get_token()});
  });
  EXPECT_TRUE(failure.transient());
  EXPECT_LT(Monotonic::now() - start, 3s);
}

TEST_F(SshSessionTest, a_session_that_is_cut_is_unreachable) {
  SshSession session(login(), budget());
  // $PPID is the sshd of this session.
  auto failure = failure_of([&] { session.execute("kill -9 $PPID; sleep 30", {}, budget()); });
  EXPECT_EQ(failure.fault(), Fault::unreachable);
  EXPECT_EQ(failure_of([&] { session.execute("true", {}, budget()); }).fault(), Fault::unreachable);
}

TEST_F(SshSessionTest, nothing_is_left_open) {
  { SshSession warm(login(), budget()); }
  int before = open_descriptors();
  for (int i = 0; i < 3; ++i) {
    SshSession session(login(), budget());
    session.execute("true", {}, budget());
  }
  auto wrong = login();
  wrong.host_key = "SHA256:AAAA";
  failure_of([&] { SshSession session(wrong, budget()); });
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace certfleet::apply
