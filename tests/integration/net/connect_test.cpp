#include "lib/net/connect.h"

#include <gtest/gtest.h>
#include <poll.h>

#include "tests/integration/net/servers.h"
#include "tests/support/failure.h"
#include "tests/support/free_port.h"

namespace certfleet::net {
namespace {

using namespace std::chrono_literals;
using certfleet::testing::failure_of;
using testing::ScriptedServer;
using testing::SilentServer;

constexpr auto ample = 20s;

class Connect : public ::testing::Test {
 protected:
  Waiter waiter_{Deadline::in(ample), {}};

  SocketAddress at(const Address& address) const { return resolve(address, waiter_).front(); }
  static Address nobody() { return {"127.0.0.1", certfleet::testing::free_port()}; }
};

TEST_F(Connect, the_next_address_is_tried_when_one_refuses) {
  SilentServer server;
  auto socket = connect_to_one_of({at(nobody()), at(server.address()), at(nobody())}, "a.test:443", waiter_);
  EXPECT_EQ(socket.peer(), to_string(server.address()));
}

TEST_F(Connect, when_all_refuse_the_target_is_named) {
  auto failure = failure_of([&] { connect_to_one_of({at(nobody()), at(nobody())}, "a.test:443", waiter_); });
  EXPECT_EQ(failure.fault(), Fault::unreachable);
  EXPECT_EQ(failure.trace_id(), 29);
  certfleet::testing::expect_says(failure, "a.test:443");
}

TEST_F(Connect, addresses_of_both_kinds_are_written_as_people_do) {
  EXPECT_EQ(at({"192.0.2.1", 443}).text(), "192.0.2.1:443");
  EXPECT_EQ(at({"2001:db8::1", 443}).text(), "[2001:db8::1]:443");
}

TEST_F(Connect, a_name_that_the_system_knows_resolves) {
  EXPECT_FALSE(resolve({"localhost", 443}, waiter_).empty());
}

TEST_F(Connect, bytes_pass_both_ways_and_an_end_is_seen) {
  ScriptedServer server([](int connection) {
    testing::read_some(connection);
    testing::write_text(connection, "pong");
  });
  auto socket = connect_to(server.address(), waiter_);
  send_all(socket, "ping", waiter_, "a.test");
  EXPECT_EQ(receive_some(socket, 2, waiter_, "a.test"), "po");
  EXPECT_EQ(receive_some(socket, 100, waiter_, "a.test"), "ng");
  EXPECT_EQ(receive_some(socket, 100, waiter_, "a.test"), "");
}

TEST_F(Connect, a_reader_that_does_not_read_is_left_at_the_deadline) {
  SilentServer server;
  auto socket = connect_to(server.address(), waiter_);
  Waiter hurried(Deadline::in(200ms), {});
  auto failure = failure_of([&] {
    for (;;) send_all(socket, std::string(1'000'000, 'x'), hurried, "a.test");
  });
  EXPECT_EQ(failure.trace_id(), 2412);
}

}  // namespace
}  // namespace certfleet::net
