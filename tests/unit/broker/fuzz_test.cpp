// Damaged frames from strangers, revoked and enrolled peers, in any order, against the broker's core: what is
// decoded goes in as it would from the socket. Whatever they say, memory stays bounded, nothing is delivered
// to whom it is not for, and what is refused is counted.
#include <map>

#include "lib/base/error.h"
#include "tests/support/fuzz/mutator.h"
#include "tests/unit/broker/house.h"

namespace certfleet::broker {
namespace {

using bus::RefuseCode;

constexpr int steps = 50'000;
constexpr std::size_t ring_max = 300;
constexpr std::size_t peers_max = 8;

class Fuzz : public House, public ::testing::WithParamInterface<unsigned> {
 protected:
  Fuzz()
      : House({.refs_per_queue = ring_max,
               .window_max = 128,
               .trickle = 4,
               .credit_max = 64,
               .peers_max = peers_max}),
        damage_(GetParam()) {
    for (const auto& peer : everybody()) enrolled_[peer.id] = peer;
  }

  // One of the things that peers say, with numbers that may be right or not.
  bus::Message something(const std::string& name, PeerId key) {
    auto who = enrolled_.find(key);
    auto queue = static_cast<Queue>(damage_.roll(5));
    switch (damage_.roll(10)) {
      case 0: {
        if (who == enrolled_.end()) return bus::Hello{name, 1, bus::Role::worker, queue, SiteId(1), 50};
        auto role = who->second.role == bus::Role::broker ? bus::Role::worker : who->second.role;
        return bus::Hello{name,
                          damage_.roll(1000),
                          role,
                          who->second.queue,
                          SiteId(static_cast<std::int64_t>(damage_.roll(3))),
                          static_cast<std::uint32_t>(damage_.roll(200))};
      }
      case 1:
      case 2:
        return bus::Credit{granted_ += damage_.roll(50), damage_.roll(6) == 0};
      case 3:
        return bus::Beat{granted_ += damage_.roll(50), false, {{queue, sent_[queue]}}};
      case 4:
        return damage_.roll(5) == 0 ? bus::Message(bus::Bye{"bye"})
                                    : bus::Message(bus::Refuse{RefuseCode::other, "no"});
      case 5:
        return bus::OfferAck{{{queue, 5}}, 5};
      default: {
        bus::Offer offer{queue, 0, {}};
        for (auto count = 1 + damage_.roll(20); count > 0; --count)
          offer.refs.push_back(ref(static_cast<std::int64_t>(1 + damage_.roll(5000)),
                                   static_cast<std::int64_t>(damage_.roll(3)),
                                   static_cast<std::int64_t>(damage_.roll(4)),
                                   static_cast<std::int16_t>(damage_.roll(3) * 4), queue));
        offer.sent = sent_[queue] += offer.refs.size();
        return offer;
      }
    }
  }

  void say_something() {
    std::string name = "peer-" + std::to_string(damage_.roll(14));
    auto [keys, is_new] = key_of_.try_emplace(name, PeerId(static_cast<std::int64_t>(1 + damage_.roll(7))));
    if (damage_.roll(200) == 0) keys->second = PeerId(static_cast<std::int64_t>(1 + damage_.roll(7)));
    PeerId key = keys->second;
    std::string bytes = encode(something(name, key));
    if (damage_.roll(2) == 0) bytes = damage_.mutate(bytes, last_);
    if (damage_.roll(50) == 0) bytes = "\x08\x01\x10\x01";  // of a newer minor version, with nothing we know
    last_ = bytes;
    BrokerCore::Received received{name, key, bus::Router::Malformed{"?"}};
    try {
      received.content = bus::decode(bytes);
    } catch (const Failure& failure) {
      received.content = bus::Router::Malformed{failure.what()};
    }
    bool stranger = !enrolled_.contains(key);
    bool malformed = !stranger && std::holds_alternative<bus::Router::Malformed>(received.content);
    auto before = core_.counts();
    auto sends = core_.step(received, now_);
    EXPECT_EQ(core_.counts().refusals[int(RefuseCode::not_enrolled)] -
                  before.refusals[int(RefuseCode::not_enrolled)],
              stranger ? 1U : 0U);
    if (stranger) {
      EXPECT_TRUE(sends.empty()) << "a stranger is met with silence";
    }
    if (malformed) {
      EXPECT_EQ(refusal(sends, name), RefuseCode::malformed);
    }
    check(before, sends);
  }

  void enroll_some() {
    auto some = everybody();
    if (damage_.roll(2) == 0)
      some.erase(some.begin() + static_cast<std::ptrdiff_t>(damage_.roll(some.size())));
    enrolled_.clear();
    for (const auto& peer : some) enrolled_[peer.id] = peer;
    auto before = core_.counts();
    check(before, enroll(some));
  }

  void check(const Counts& before, const Sends& sends) {
    std::array<std::uint64_t, 8> refused{};
    for (const auto& [to, message] : sends) {
      if (const auto* refuse = std::get_if<bus::Refuse>(&message))
        ++refused[static_cast<std::size_t>(refuse->code)];
      if (const auto* offer = std::get_if<bus::Offer>(&message)) check_offer(to, *offer);
      ASSERT_NO_THROW(encode(message));
    }
    for (std::size_t code = 0; code < refused.size(); ++code) {
      auto counted = core_.counts().refusals[code] - before.refusals[code];
      if (code == static_cast<std::size_t>(RefuseCode::not_enrolled)) {
        ASSERT_GE(counted, refused[code]);
      } else {
        ASSERT_EQ(counted, refused[code]) << "each refusal is counted";
      }
    }
    ASSERT_LE(core_.sessions().size(), peers_max);
    for (Queue queue : domain::all_queues) ASSERT_LE(core_.ring_size(queue), ring_max);
    for (const auto& session : core_.sessions().all()) {
      ASSERT_TRUE(enrolled_.contains(session.who.id)) << "a session outlived its enrolment";
      ASSERT_LE(session.credit(), 64U);
      for (const auto& window : session.windows) ASSERT_LE(window.granted - window.used, 128U);
    }
  }

  // Only to a worker in session whose key is of the queue, within what it granted, and of its site.
  void check_offer(const std::string& to, const bus::Offer& offer) {
    const Session* session = nullptr;
    for (const auto& it : core_.sessions().all())
      if (it.routing_id == to) session = &it;
    ASSERT_NE(session, nullptr) << "delivered to nobody's session";
    auto who = enrolled_.find(key_of_.at(to));
    ASSERT_TRUE(who != enrolled_.end() && who->second.role == bus::Role::worker &&
                who->second.queue == offer.queue);
    ASSERT_EQ(session->who.id, who->first);
    ASSERT_LE(offer.sent, session->credit_granted);
    for (const auto& it : offer.refs)
      ASSERT_TRUE(it.queue == offer.queue &&
                  (!session->hello.site || !it.site || it.site == session->hello.site));
  }

  testing::Mutator damage_;
  std::map<PeerId, bus::PeerIdentity> enrolled_;
  std::map<std::string, PeerId> key_of_;  // of the connection with that routing id
  std::string last_;
  std::uint64_t granted_ = 0;
};

TEST_P(Fuzz, nothing_that_is_said_breaks_the_rules) {
  for (int i = 0; i < steps && !HasFailure(); ++i) {
    now_ += std::chrono::milliseconds(damage_.roll(20));
    switch (damage_.roll(60)) {
      case 0:
        enroll_some();
        break;
      case 1: {
        auto before = core_.counts();
        check(before, tick());
        break;
      }
      case 2: {
        auto before = core_.counts();
        auto name = "peer-" + std::to_string(damage_.roll(14));
        check(before, core_.step(BrokerCore::Unsent{name, bus::Offer{Queue::apply, 1, {ref(9000)}}}, now_));
        break;
      }
      default:
        say_something();
    }
  }
  EXPECT_GT(core_.counts().delivered, 200U);
  for (auto code : {RefuseCode::malformed, RefuseCode::unknown_message, RefuseCode::hello_first,
                    RefuseCode::not_enrolled, RefuseCode::not_allowed, RefuseCode::over_window})
    EXPECT_GT(refusals(code), 10U) << to_string(code);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Fuzz, ::testing::Range(1U, 7U));

}  // namespace
}  // namespace certfleet::broker
