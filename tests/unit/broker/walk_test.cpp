// A broker's random life: peers that come, go, lie and fall silent, frames that are lost, doubled and late.
// After each step the books must balance, and nothing may wait that somebody has asked for.
#include <random>

#include "tests/unit/broker/house.h"

namespace certfleet::broker {
namespace {

constexpr int steps = 20'000;

// What a peer knows by itself: how much it granted and got since its hello.
struct Mirror {
  PeerId key;
  std::uint64_t epoch = 0;
  std::int64_t site = 0;
  std::uint64_t granted = 0;
  std::uint64_t got = 0;
  bool here = false;
};

class Walk : public House, public ::testing::WithParamInterface<unsigned> {
 protected:
  Walk()
      : House({.refs_per_queue = 200, .window_max = 64, .trickle = 4, .credit_max = 32, .peers_max = 10}) {}

  std::mt19937 dice_{GetParam()};
  std::uint64_t scheduler_epoch_ = 0;
  std::map<std::string, Mirror> workers_;
  std::map<std::string, std::uint64_t> offered_;  // by producer and queue, in all

  unsigned roll(unsigned sides) { return static_cast<unsigned>(dice_() % sides); }
  std::string someone() { return "w" + std::to_string(roll(12)); }

  void check(const Sends& sends) {
    for (const auto& [to, message] : sends) {
      const auto* offer = std::get_if<bus::Offer>(&message);
      if (offer == nullptr) continue;
      Mirror& mirror = workers_[to];
      ASSERT_TRUE(mirror.here) << to << " has no session";
      mirror.got += offer->refs.size();
      ASSERT_EQ(offer->sent, mirror.got);
      ASSERT_LE(mirror.got, mirror.granted) << "credit exceeded";
      for (const auto& it : offer->refs) {
        ASSERT_EQ(it.queue, mirror.key == mail_key ? Queue::mail : Queue::apply);
        ASSERT_TRUE(mirror.site == 0 || !it.site || it.site == SiteId(mirror.site));
      }
    }
    for (Queue queue : domain::all_queues) ASSERT_LE(core_.ring_size(queue), 200U);
    ASSERT_LE(core_.sessions().size(), 10U);
    for (const auto& session : core_.sessions().all()) {
      ASSERT_LE(session.credit_used, session.credit_granted);
      ASSERT_LE(session.credit(), 32U);
      bool hungry = session.can_take() && !session.hello.site;
      ASSERT_TRUE(!hungry || core_.ring_size(*session.hello.queue) == 0) << session.routing_id;
      for (const auto& window : session.windows) {
        ASSERT_LE(window.used, window.granted);
        ASSERT_LE(window.granted - window.used, 64U);
      }
    }
    forget();
  }

  // Sessions that the broker ended.
  void forget() {
    for (auto& [name, mirror] : workers_) {
      bool here = false;
      for (const auto& session : core_.sessions().all()) here = here || session.routing_id == name;
      mirror.here = here;
    }
  }

  void forget_offers(const std::string& name) {
    for (Queue queue : domain::all_queues) offered_[name + std::string(domain::to_string(queue))] = 0;
  }

  void hello_scheduler() {
    forget_offers("s");
    check(say("s", scheduler_key,
              bus::Hello{"s", ++scheduler_epoch_, bus::Role::scheduler, std::nullopt, SiteId(), 60}));
  }

  void hello(const std::string& name) {
    forget_offers(name);
    Mirror& mirror = workers_[name];
    mirror = {.key = std::array{apply_key, other_apply_key, mail_key}[roll(3)],
              .epoch = mirror.epoch + 1,
              .site = roll(3),
              .granted = 0,
              .got = 0,
              .here = true};
    Queue queue = mirror.key == mail_key ? Queue::mail : Queue::apply;
    check(say(name, mirror.key,
              bus::Hello{name, mirror.epoch, bus::Role::worker, queue, SiteId(mirror.site), roll(80)}));
  }

  void grant(const std::string& name) {
    Mirror& mirror = workers_[name];
    if (!mirror.here) return;
    mirror.granted += roll(40);
    bool quiet = roll(5) == 0;
    if (roll(2) == 0)
      check(say(name, mirror.key, bus::Credit{mirror.granted, quiet}));
    else
      check(say(name, mirror.key, bus::Beat{mirror.granted, quiet, {}}));
  }

  void offer_something() {
    std::string name = roll(3) == 0 ? someone() : "s";
    PeerId key = name == "s" ? scheduler_key : workers_[name].key;
    Queue queue = roll(2) == 0 ? Queue::apply : Queue::mail;
    std::vector<JobRef> refs;
    for (unsigned i = 0; i <= roll(20); ++i)
      refs.push_back(ref(1 + roll(2000), roll(3), roll(4), static_cast<std::int16_t>(roll(3)), queue));
    std::uint64_t& sent = offered_[name + std::string(domain::to_string(queue))];
    sent += refs.size() + (roll(10) == 0 ? roll(9) : 0);  // now and then some were lost on the way
    auto message = bus::Offer{queue, sent, refs};
    check(say(name, key, message));
    if (roll(10) == 0) check(say(name, key, message));
  }

  void lose_a_message() {
    std::string name = someone();
    bool offer = roll(2) == 0;
    bus::Message message = bus::Bye{};
    if (offer) message = bus::Offer{Queue::apply, 1, {ref(5000 + roll(100))}};
    workers_[name].here = false;
    check(core_.step(BrokerCore::Unsent{name, message}, now_));
  }

  void nonsense() {
    std::string name = someone();
    PeerId key(1 + roll(6));
    switch (roll(5)) {
      case 0:
        check(garble(name, key));
        break;
      case 1:
        check(say(name, key, bus::Unknown{}));
        break;
      case 2:
        check(say(name, key, bus::Welcome{}));
        break;
      case 3:
        check(say(name, key, bus::Bye{}));
        break;
      default: {
        Mirror& mirror = workers_[name];
        if (mirror.key == key) mirror.granted = std::max<std::uint64_t>(mirror.granted, 1'000'000);
        check(say(name, key, bus::Credit{1'000'000, false}));
      }
    }
  }
};

TEST_P(Walk, credit_is_never_exceeded_and_memory_is_bounded) {
  for (int i = 0; i < steps && !HasFatalFailure(); ++i) {
    now_ += std::chrono::milliseconds(roll(40));
    switch (roll(20)) {
      case 0:
        hello(someone());
        break;
      case 1:
        check(tick());
        break;
      case 2:
        hello_scheduler();
        break;
      case 3:
        lose_a_message();
        break;
      case 4: {
        auto some = everybody();
        if (roll(4) == 0) some.erase(some.begin() + roll(5));
        check(enroll(some));
        break;
      }
      case 5:
        nonsense();
        break;
      case 6:
      case 7:
      case 8:
      case 9:
        grant(someone());
        break;
      default:
        offer_something();
    }
  }
  EXPECT_GT(core_.counts().delivered, 1000U);
  EXPECT_GT(core_.counts().dropped, 0U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Walk, ::testing::Range(1U, 11U));

}  // namespace
}  // namespace certfleet::broker
