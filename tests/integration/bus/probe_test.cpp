// Brokers asked from outside: by a key that nobody has enrolled.
#include "lib/bus/probe.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/integration/bus/broker_house.h"
#include "tests/support/free_port.h"

namespace certfleet::bus {
namespace {

using namespace std::chrono_literals;

// Takes connections, as the kernel does for a process that is stopped, and says nothing.
class Mute {
 public:
  Mute() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(fd_, 8), 0);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~Mute() { ::close(fd_); }
  std::string endpoint() const { return "tcp://127.0.0.1:" + std::to_string(port_); }

 private:
  int fd_;
  int port_ = 0;
};

TEST(Probe, each_broker_is_known_by_its_answer_whatever_the_others_do) {
  broker::Roll roll;
  auto keys = KeyPair::generate();
  broker::RunningBroker running(roll, keys);
  Mute mute;
  auto nobody = "tcp://127.0.0.1:" + std::to_string(testing::free_port());
  auto begin = Monotonic::now();
  auto answers = probe({{nobody, keys.public_key},
                        {mute.endpoint(), keys.public_key},
                        {running.endpoint(), KeyPair::generate().public_key},
                        {running.endpoint(), keys.public_key}},
                       1500ms);
  EXPECT_LT(Monotonic::now() - begin, 10s);
  ASSERT_EQ(answers.size(), 4U);
  EXPECT_EQ(to_string(answers[0].answer), "unreachable");
  EXPECT_EQ(to_string(answers[1].answer), "silent");
  EXPECT_EQ(to_string(answers[2].answer), "wrong_key");
  EXPECT_EQ(to_string(answers[3].answer), "alive");
  EXPECT_EQ(answers[1].endpoint, mute.endpoint());
}

TEST(Probe, living_brokers_are_not_waited_for) {
  broker::Roll roll;
  auto keys = KeyPair::generate();
  broker::RunningBroker running(roll, keys);
  auto begin = Monotonic::now();
  EXPECT_EQ(to_string(probe({{running.endpoint(), keys.public_key}}, 60s).at(0).answer), "alive");
  EXPECT_LT(Monotonic::now() - begin, 30s);
  EXPECT_TRUE(probe({}, 60s).empty());
}

TEST(Probe, what_is_no_address_is_refused) {
  EXPECT_THROW(probe({{"tcp://nonsense", KeyPair::generate().public_key}}, 1s), Failure);
}

}  // namespace
}  // namespace certfleet::bus
