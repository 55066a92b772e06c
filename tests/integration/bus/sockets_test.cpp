// Router, Zap and Dealer by themselves, and what happens without one of them.
#include <gmock/gmock.h>

#include <zmq.hpp>

#include "lib/base/error.h"
#include "lib/bus/poller.h"
#include "lib/bus/router.h"
#include "lib/bus/wakeup.h"
#include "lib/bus/zap.h"
#include "tests/support/eventually.h"

namespace certfleet::bus {
namespace {

using namespace std::chrono_literals;
using testing::eventually;

constexpr auto soon = 15s;
const SocketTimes quick{.linger = 0ms, .handshake = 500ms, .reconnect = 10ms, .reconnect_max = 50ms};

class SocketsTest : public ::testing::Test {
 protected:
  void admit(Zap& zap) {
    zap.allow({{client_.public_key, {PeerId(7), "worker", Role::worker, Queue::apply}}});
  }

  // True if within `limit` something from the dealer arrives; what others have sent is passed over.
  bool reaches(Dealer& dealer, Router& router, std::chrono::milliseconds limit,
               const std::string& text = "here") {
    return eventually(limit, [&] {
      dealer.send(Bye{text});
      received_ = router.receive();
      return received_ && std::get<Message>(received_->content) == Message(Bye{text});
    });
  }

  SystemClock clock_;
  KeyPair server_ = KeyPair::generate();
  KeyPair client_ = KeyPair::generate();
  Context server_context_;
  Context client_context_;
  std::optional<Router::Received> received_;
};

TEST_F(SocketsTest, a_message_says_whose_key_it_came_by_and_can_be_answered) {
  Zap zap(server_context_, clock_);
  admit(zap);
  Router router(server_context_, server_, quick);
  router.bind("tcp://127.0.0.1:*");
  Dealer dealer(client_context_, {router.endpoint(), server_.public_key}, client_, quick);
  ASSERT_TRUE(reaches(dealer, router, soon));
  EXPECT_EQ(received_->peer, PeerId(7));
  EXPECT_EQ(std::get<Message>(received_->content), Message(Bye{"here"}));
  EXPECT_EQ(router.send(received_->routing_id, Credit{3, false}), Router::Sent::sent);
  std::optional<Message> answer;
  ASSERT_TRUE(eventually(soon, [&] { return (answer = dealer.receive()).has_value(); }));
  EXPECT_EQ(answer, Message(Credit{3, false}));
  EXPECT_EQ(zap.admitted(), 1U);
}

TEST_F(SocketsTest, without_an_answer_from_zap_nobody_gets_in) {
  auto zap = std::make_unique<Zap>(server_context_, clock_);
  admit(*zap);
  Router router(server_context_, server_, quick);
  router.bind("tcp://127.0.0.1:*");
  Dealer before(client_context_, {router.endpoint(), server_.public_key}, client_, quick);
  ASSERT_TRUE(reaches(before, router, soon));
  zap.reset();
  Dealer after(client_context_, {router.endpoint(), server_.public_key}, client_, quick);
  EXPECT_FALSE(reaches(after, router, 500ms, "after"));
  EXPECT_TRUE(reaches(before, router, soon, "before"));
}

TEST_F(SocketsTest, without_any_zap_nobody_gets_in) {
  Router router(server_context_, server_, quick);
  router.bind("tcp://127.0.0.1:*");
  Dealer dealer(client_context_, {router.endpoint(), server_.public_key}, client_, quick);
  EXPECT_FALSE(reaches(dealer, router, 500ms));
}

TEST_F(SocketsTest, a_zap_that_was_told_nobody_admits_nobody) {
  Zap zap(server_context_, clock_);
  Router router(server_context_, server_, quick);
  router.bind("tcp://127.0.0.1:*");
  Dealer dealer(client_context_, {router.endpoint(), server_.public_key}, client_, quick);
  EXPECT_TRUE(eventually(soon, [&] { return zap.refused() > 0; }));
  EXPECT_FALSE(reaches(dealer, router, 200ms));
}

TEST_F(SocketsTest, without_curve_nobody_gets_in) {
  Zap zap(server_context_, clock_);
  admit(zap);
  Router router(server_context_, server_, quick);
  router.bind("tcp://127.0.0.1:*");
  zmq::context_t context;
  zmq::socket_t plain(context, zmq::socket_type::dealer);
  plain.set(zmq::sockopt::linger, 0);
  plain.connect(router.endpoint());
  EXPECT_FALSE(eventually(500ms, [&] {
    plain.send(zmq::str_buffer("hello"), zmq::send_flags::dontwait);
    return router.receive().has_value();
  }));
  EXPECT_GT(router.take_failures(), 0U);
  EXPECT_EQ(zap.refused(), 0U) << "it never got to a key";
}

TEST_F(SocketsTest, a_client_that_takes_it_for_another_broker_fails_and_is_counted) {
  Zap zap(server_context_, clock_);
  admit(zap);
  Router router(server_context_, server_, quick);
  router.bind("tcp://127.0.0.1:*");
  Dealer dealer(client_context_, {router.endpoint(), KeyPair::generate().public_key}, client_, quick);
  EXPECT_TRUE(eventually(soon, [&] { return router.take_failures() > 0; }));
  EXPECT_FALSE(reaches(dealer, router, 100ms));
}

TEST_F(SocketsTest, a_second_zap_in_a_context_is_a_conflict) {
  Zap zap(server_context_, clock_);
  EXPECT_THROW(Zap(server_context_, clock_), Failure);
}

// An admitted key with a socket of its own making.
class RawTest : public SocketsTest {
 protected:
  RawTest() : zap_(server_context_, clock_), router_(server_context_, server_, quick) {
    admit(zap_);
    router_.bind("tcp://127.0.0.1:*");
    raw_.set(zmq::sockopt::linger, 0);
    raw_.set(zmq::sockopt::curve_publickey, client_.public_key.text());
    raw_.set(zmq::sockopt::curve_serverkey, server_.public_key.text());
    raw_.set(zmq::sockopt::curve_secretkey,
             zmq::const_buffer(client_.secret_key.bytes().data(), client_.secret_key.bytes().size()));
    raw_.connect(router_.endpoint());
  }

  bool arrives() {
    return eventually(soon, [&] { return (received_ = router_.receive()).has_value(); });
  }
  std::string malformed() const { return std::get<Router::Malformed>(received_->content).reason; }

  Zap zap_;
  Router router_;
  zmq::context_t context_;
  zmq::socket_t raw_{context_, zmq::socket_type::dealer};
};

TEST_F(RawTest, noise_is_malformed_and_has_a_sender) {
  raw_.send(zmq::str_buffer("noise"));
  ASSERT_TRUE(arrives());
  EXPECT_EQ(malformed(), "not a frame of certfleet");
  EXPECT_EQ(received_->peer, PeerId(7));
}

TEST_F(RawTest, several_frames_are_malformed_and_the_next_message_is_not_mixed_with_them) {
  raw_.send(zmq::str_buffer("one"), zmq::send_flags::sndmore);
  raw_.send(zmq::str_buffer("two"), zmq::send_flags::sndmore);
  raw_.send(zmq::str_buffer("three"));
  raw_.send(zmq::buffer(encode(Bye{"next"})));
  ASSERT_TRUE(arrives());
  EXPECT_EQ(malformed(), "a message of several frames");
  ASSERT_TRUE(arrives());
  EXPECT_EQ(std::get<Message>(received_->content), Message(Bye{"next"}));
}

TEST_F(RawTest, a_message_over_a_mebibyte_cuts_the_connection) {
  raw_.send(zmq::buffer(std::string(frame_bytes_max + 1, 'x')));
  raw_.send(zmq::buffer(encode(Bye{"after"})));
  ASSERT_TRUE(eventually(soon, [&] { return zap_.admitted() >= 2; }));
  received_ = router_.receive();
  EXPECT_TRUE(!received_ || std::get<Message>(received_->content) == Message(Bye{"after"}));
}

TEST_F(RawTest, sending_to_nobody_is_told) {
  EXPECT_EQ(router_.send("nobody", Credit{}), Router::Sent::unknown_peer);
}

TEST_F(RawTest, sending_to_a_peer_that_does_not_read_is_told_and_never_blocks) {
  raw_.send(zmq::buffer(encode(Bye{"here"})));
  ASSERT_TRUE(arrives());
  Refuse large{RefuseCode::other, std::string(text_bytes_max, 'x')};
  auto outcome = Router::Sent::sent;
  EXPECT_TRUE(eventually(soon, [&] {
    for (int i = 0; i < 10'000 && outcome == Router::Sent::sent; ++i)
      outcome = router_.send(received_->routing_id, large);
    return outcome != Router::Sent::sent;
  }));
  EXPECT_EQ(outcome, Router::Sent::would_block);
}

TEST_F(RawTest, the_routing_id_of_a_live_peer_can_t_be_taken_over) {
  raw_.send(zmq::buffer(encode(Bye{"first"})));
  ASSERT_TRUE(arrives());
  std::string taken = received_->routing_id;
  zmq::socket_t thief(context_, zmq::socket_type::dealer);
  thief.set(zmq::sockopt::linger, 0);
  thief.set(zmq::sockopt::routing_id, taken);
  thief.set(zmq::sockopt::curve_publickey, client_.public_key.text());
  thief.set(zmq::sockopt::curve_serverkey, server_.public_key.text());
  thief.set(zmq::sockopt::curve_secretkey,
            zmq::const_buffer(client_.secret_key.bytes().data(), client_.secret_key.bytes().size()));
  thief.connect(router_.endpoint());
  ASSERT_TRUE(eventually(soon, [&] { return zap_.admitted() == 2; }));
  EXPECT_EQ(router_.send(taken, Bye{"yours"}), Router::Sent::sent);
  zmq::message_t frame;
  EXPECT_TRUE(eventually(soon, [&] { return raw_.recv(frame, zmq::recv_flags::dontwait).has_value(); }));
}

TEST(Router, says_in_one_line_why_it_can_t_bind) {
  Context context;
  auto pair = KeyPair::generate();
  Router router(context, pair);
  try {
    router.bind("tcp://nonsense");
    FAIL() << "it bound";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.fault(), Fault::usage);
    EXPECT_EQ(std::string(failure.what()), "tcp://nonsense: invalid argument");
  }
}

TEST(Dealer, says_in_one_line_what_is_wrong_with_an_endpoint) {
  Context context;
  auto pair = KeyPair::generate();
  EXPECT_THROW(Dealer(context, {"tcp://", pair.public_key}, pair), Failure);
}

TEST(Poller, waits_for_sockets_and_wakeups_together) {
  Context context;
  auto pair = KeyPair::generate();
  Dealer dealer(context, {"tcp://127.0.0.1:1", pair.public_key}, pair, quick);
  Wakeup wakeup;
  Poller poller;
  auto socket = poller.add_socket(dealer.handle(), true);
  auto fd = poller.add_fd(wakeup.fd());
  EXPECT_FALSE(poller.wait(0ms));
  wakeup.ring();
  wakeup.ring();
  EXPECT_TRUE(poller.wait(-1ms));
  EXPECT_TRUE(poller.readable(fd));
  EXPECT_FALSE(poller.readable(socket));
  EXPECT_FALSE(poller.writable(socket));
  EXPECT_TRUE(wakeup.clear());
  EXPECT_FALSE(wakeup.clear());
  EXPECT_FALSE(poller.wait(0ms));
}

TEST(Wakeup, wakes_a_thread_that_waits) {
  Wakeup wakeup;
  std::thread waker([&] { wakeup.ring(); });
  Poller poller;
  poller.add_fd(wakeup.fd());
  EXPECT_TRUE(poller.wait(std::chrono::duration_cast<std::chrono::milliseconds>(soon)));
  waker.join();
}

}  // namespace
}  // namespace certfleet::bus
