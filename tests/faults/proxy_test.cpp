#include "tests/faults/proxy.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "tests/support/eventually.h"

namespace certfleet::faults {
namespace {

using namespace std::chrono_literals;
using testing::eventually;

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }

  void say(const std::string& text) const { ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL); }
  bool readable(std::chrono::milliseconds limit) const {
    pollfd one{fd_, POLLIN, 0};
    return ::poll(&one, 1, static_cast<int>(limit.count())) == 1;
  }
  // What comes within ten seconds; "" at the end of the connection.
  std::string hear() const {
    std::array<char, 4096> buffer{};
    if (!readable(10s)) return "(nothing)";
    auto got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    return got <= 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(got));
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

sockaddr_in at(unsigned short port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

class ProxyTest : public ::testing::Test {
 protected:
  ProxyTest() : server_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    auto any = at(0);
    socklen_t size = sizeof any;
    ::bind(server_.fd(), reinterpret_cast<sockaddr*>(&any), size);
    ::listen(server_.fd(), 16);
    ::getsockname(server_.fd(), reinterpret_cast<sockaddr*>(&any), &size);
    proxy_.emplace(ntohs(any.sin_port));
  }
  Socket client() {
    Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    auto address = at(proxy_->port());
    EXPECT_EQ(::connect(socket.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return socket;
  }
  Socket served() {
    EXPECT_TRUE(server_.readable(10s));
    return Socket(::accept4(server_.fd(), nullptr, nullptr, SOCK_CLOEXEC));
  }

  Socket server_;
  std::optional<Proxy> proxy_;
};

TEST_F(ProxyTest, passes_on_both_ways_and_the_end_of_each) {
  auto near = client();
  auto far = served();
  near.say("question");
  EXPECT_EQ(far.hear(), "question");
  far.say("answer");
  EXPECT_EQ(near.hear(), "answer");
  ::shutdown(near.fd(), SHUT_WR);
  EXPECT_EQ(far.hear(), "");
  far.say("last word");
  EXPECT_EQ(near.hear(), "last word");
  // Counted after it was said.
  EXPECT_TRUE(eventually(10s, [&] { return proxy_->passed() == std::string("questionanswerlast word").size(); }))
      << proxy_->passed();
}

TEST_F(ProxyTest, passes_on_more_than_fits_into_its_buffers) {
  auto near = client();
  auto far = served();
  std::string much(4 << 20, 'x');
  std::thread speaker([&] {
    near.say(much);
    ::shutdown(near.fd(), SHUT_WR);
  });
  std::size_t got = 0;
  for (std::string part = far.hear(); !part.empty(); part = far.hear()) got += part.size();
  speaker.join();
  EXPECT_EQ(got, much.size());
}

TEST_F(ProxyTest, cut_ends_what_is_connected_and_turns_away_what_comes) {
  auto near = client();
  auto far = served();
  proxy_->cut();
  EXPECT_EQ(near.hear(), "");
  EXPECT_EQ(far.hear(), "");
  EXPECT_EQ(client().hear(), "");
  EXPECT_FALSE(server_.readable(0ms));
  proxy_->mend();
  auto again = client();
  auto there = served();
  again.say("back");
  EXPECT_EQ(there.hear(), "back");
}

TEST_F(ProxyTest, half_open_keeps_the_connections_and_passes_nothing_on) {
  auto near = client();
  auto far = served();
  near.say("before");
  EXPECT_EQ(far.hear(), "before");
  proxy_->half_open();
  near.say("during");
  auto late = client();
  late.say("new");
  EXPECT_FALSE(far.readable(200ms));
  EXPECT_FALSE(near.readable(0ms));
  EXPECT_FALSE(late.readable(0ms));
  proxy_->mend();
  EXPECT_EQ(far.hear(), "during");
  EXPECT_EQ(served().hear(), "new");
}

TEST_F(ProxyTest, answers_that_are_withheld_come_once_it_is_mended) {
  auto near = client();
  auto far = served();
  near.say("before");
  EXPECT_EQ(far.hear(), "before");
  proxy_->withhold_answers();
  near.say("question");
  EXPECT_EQ(far.hear(), "question");
  far.say("answer");
  EXPECT_FALSE(near.readable(200ms));
  proxy_->mend();
  EXPECT_EQ(near.hear(), "answer");
}

TEST_F(ProxyTest, answers_are_withheld_from_the_question_on_that_has_the_word) {
  auto near = client();
  auto far = served();
  proxy_->withhold_answers("please");
  near.say("question");
  EXPECT_EQ(far.hear(), "question");
  far.say("answer");
  EXPECT_EQ(near.hear(), "answer");
  near.say("please, a question");
  EXPECT_EQ(far.hear(), "please, a question");
  far.say("withheld");
  EXPECT_FALSE(near.readable(200ms));
  proxy_->mend();
  EXPECT_EQ(near.hear(), "withheld");
}

TEST_F(ProxyTest, what_a_firewall_forgot_is_ended) {
  auto near = client();
  auto far = served();
  proxy_->half_open();
  proxy_->mend(true);
  EXPECT_EQ(near.hear(), "");
  EXPECT_EQ(far.hear(), "");
  auto again = client();
  EXPECT_TRUE(server_.readable(10s));
}

TEST_F(ProxyTest, slow_passes_on_late) {
  auto near = client();
  auto far = served();
  proxy_->slow(150ms);
  auto start = Monotonic::now();
  near.say("late");
  EXPECT_EQ(far.hear(), "late");
  EXPECT_GE(Monotonic::now() - start, 150ms);
  start = Monotonic::now();
  far.say("too");
  EXPECT_EQ(near.hear(), "too");
  EXPECT_GE(Monotonic::now() - start, 150ms);
}

TEST_F(ProxyTest, a_target_that_is_not_there_ends_the_connection) {
  unsigned short nobody = proxy_->port();
  {
    Proxy gone(0);
    nobody = gone.port();
  }
  Proxy proxy(nobody);
  Socket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  auto address = at(proxy.port());
  ::connect(socket.fd(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  EXPECT_EQ(socket.hear(), "");
  EXPECT_TRUE(eventually(10s, [&] { return proxy.connections() == 0; }));
}

}  // namespace
}  // namespace certfleet::faults
