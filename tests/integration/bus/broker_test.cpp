// Clients and brokers over real sockets.
#include <gmock/gmock.h>

#include "tests/integration/bus/broker_house.h"
#include "tests/support/eventually.h"

namespace certfleet::broker {
namespace {

using bus::Client;
using bus::KeyPair;
using bus::Role;
using domain::Queue;
using testing::eventually;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

constexpr auto soon = 15s;  // far more than anything here takes on a busy machine

JobRef ref(std::int64_t id, std::int64_t site = 0) {
  return {.id = JobId(id), .queue = Queue::apply, .site = SiteId(site), .service = {}};
}

KeyPair copy(const KeyPair& pair) {
  return {pair.public_key, bus::SecretKey(pair.secret_key.bytes())};
}

class BrokerTest : public ::testing::Test {
 protected:
  BrokerTest() {
    roll_.enroll(scheduler_.public_key, PeerId(1), Role::scheduler, std::nullopt);
    roll_.enroll(worker_.public_key, PeerId(2), Role::worker, Queue::apply);
  }

  std::unique_ptr<Client> client(const std::vector<std::string>& endpoints, const KeyPair& keys, Role role,
                                 std::int64_t site = 0) {
    Client::Settings settings;
    for (const auto& endpoint : endpoints) settings.brokers.push_back({endpoint, broker_.public_key});
    settings.role = role;
    if (role == Role::worker) settings.queue = Queue::apply;
    settings.site = SiteId(site);
    settings.times = {.linger = 100ms, .reconnect = 10ms, .reconnect_max = 50ms};
    return std::make_unique<Client>(std::move(settings), copy(keys), clock_);
  }
  std::unique_ptr<Client> worker(const std::vector<std::string>& endpoints, std::int64_t site = 0) {
    return client(endpoints, worker_, Role::worker, site);
  }
  std::unique_ptr<Client> scheduler(const std::vector<std::string>& endpoints) {
    return client(endpoints, scheduler_, Role::scheduler);
  }

  // Lets all clients turn until it holds. What is offered to the first is kept.
  bool turn_until(std::vector<Client*> clients, const std::function<bool()>& holds) {
    return eventually(soon, [&] {
      for (Client* it : clients) {
        auto events = it->poll(1ms);
        if (it == clients.front())
          for (const auto& offer : events.offers) got_.push_back(offer.id.value());
      }
      return holds();
    });
  }
  bool connected(std::vector<Client*> clients, std::size_t brokers = 1) {
    return turn_until(clients, [&] {
      return std::all_of(clients.begin(), clients.end(),
                         [&](Client* it) { return it->connected() == brokers; });
    });
  }

  SystemClock clock_;
  Roll roll_;
  KeyPair broker_ = KeyPair::generate();
  KeyPair scheduler_ = KeyPair::generate();
  KeyPair worker_ = KeyPair::generate();
  std::vector<std::int64_t> got_;
};

TEST_F(BrokerTest, offers_of_a_scheduler_reach_a_worker_with_room) {
  RunningBroker broker(roll_, broker_);
  auto w = worker({broker.endpoint()});
  auto s = scheduler({broker.endpoint()});
  w->set_room(10);
  ASSERT_TRUE(connected({w.get(), s.get()}));
  EXPECT_TRUE(s->offer({ref(1), ref(2), ref(3)}).empty());
  ASSERT_TRUE(turn_until({w.get(), s.get()}, [&] { return got_.size() == 3; }));
  EXPECT_THAT(got_, UnorderedElementsAre(1, 2, 3));
  EXPECT_TRUE(eventually(soon, [&] {
    return broker.metrics().find("certfleet_broker_offers_total{outcome=\"delivered\"} 3") !=
           std::string::npos;
  }));
}

TEST_F(BrokerTest, many_offers_flow_through_small_rooms_and_none_is_lost) {
  constexpr std::size_t jobs = 5000;
  RunningBroker broker(roll_, broker_);
  auto w = worker({broker.endpoint()});
  auto s = scheduler({broker.endpoint()});
  ASSERT_TRUE(connected({w.get(), s.get()}));
  std::vector<JobRef> rest;
  for (std::size_t i = 1; i <= jobs; ++i) rest.push_back(ref(static_cast<std::int64_t>(i)));
  ASSERT_TRUE(turn_until({w.get(), s.get()}, [&] {
    rest = s->offer(std::move(rest));
    w->set_room(100);
    return got_.size() >= jobs;
  }));
  std::sort(got_.begin(), got_.end());
  EXPECT_EQ(std::unique(got_.begin(), got_.end()) - got_.begin(), static_cast<std::ptrdiff_t>(jobs));
}

TEST_F(BrokerTest, a_scheduler_is_woken_when_there_is_room_to_offer_again) {
  RunningBroker broker(roll_, broker_);
  auto s = scheduler({broker.endpoint()});
  EXPECT_FALSE(s->room_to_offer(Queue::apply));
  auto begin = clock_.now();
  EXPECT_TRUE(s->poll(soon).room);
  std::vector<JobRef> refs;
  for (std::int64_t id = 1; id <= 300; ++id) refs.push_back(ref(id));
  EXPECT_EQ(s->offer(refs).size(), 300U - 256U);
  EXPECT_FALSE(s->room_to_offer(Queue::apply));
  EXPECT_TRUE(s->room_to_offer(Queue::mail));
  EXPECT_TRUE(s->poll(soon).room);
  EXPECT_TRUE(s->room_to_offer(Queue::apply));
  EXPECT_LT(clock_.now() - begin, soon);
}

TEST_F(BrokerTest, a_worker_never_gets_more_than_its_room) {
  RunningBroker broker(roll_, broker_);
  auto w = worker({broker.endpoint()});
  auto s = scheduler({broker.endpoint()});
  w->set_room(2);
  ASSERT_TRUE(connected({w.get(), s.get()}));
  s->offer({ref(1), ref(2), ref(3)});
  ASSERT_TRUE(turn_until({w.get(), s.get()}, [&] { return got_.size() >= 2; }));
  // A round trip later nothing more has come.
  s->offer({ref(4)});
  ASSERT_TRUE(turn_until({w.get(), s.get()}, [&] {
    return broker.metrics().find("certfleet_broker_ring_offers{queue=\"apply\"} 2") != std::string::npos;
  }));
  EXPECT_EQ(got_.size(), 2U);
}

TEST_F(BrokerTest, every_broker_serves_and_one_is_enough) {
  auto first = std::make_unique<RunningBroker>(roll_, broker_);
  RunningBroker second(roll_, broker_);
  auto w = worker({first->endpoint(), second.endpoint()});
  auto s = scheduler({first->endpoint(), second.endpoint()});
  w->set_room(100);
  ASSERT_TRUE(connected({w.get(), s.get()}, 2));
  first.reset();
  ASSERT_TRUE(connected({w.get(), s.get()}, 1));
  EXPECT_TRUE(s->offer({ref(1), ref(2)}).empty());
  EXPECT_TRUE(turn_until({w.get(), s.get()}, [&] { return got_.size() == 2; }));
}

TEST_F(BrokerTest, after_a_restart_of_the_broker_all_say_hello_again) {
  auto broker = std::make_unique<RunningBroker>(roll_, broker_);
  std::string endpoint = broker->endpoint();
  auto w = worker({endpoint});
  auto s = scheduler({endpoint});
  w->set_room(10);
  ASSERT_TRUE(connected({w.get(), s.get()}));
  broker.reset();
  ASSERT_TRUE(connected({w.get(), s.get()}, 0));
  broker = std::make_unique<RunningBroker>(roll_, broker_, endpoint);
  ASSERT_TRUE(connected({w.get(), s.get()}));
  s->offer({ref(1)});
  EXPECT_TRUE(turn_until({w.get(), s.get()}, [&] { return got_.size() == 1; }));
}

TEST_F(BrokerTest, an_unknown_key_gets_nothing_until_it_is_enrolled) {
  RunningBroker broker(roll_, broker_);
  KeyPair stranger = KeyPair::generate();
  auto x = client({broker.endpoint()}, stranger, Role::worker);
  ASSERT_TRUE(turn_until({x.get()}, [&] { return broker.keys_refused() > 0; }));
  EXPECT_EQ(x->connected(), 0U);
  roll_.enroll(stranger.public_key, PeerId(9), Role::worker, Queue::apply);
  EXPECT_TRUE(connected({x.get()}));
}

TEST_F(BrokerTest, a_wrong_broker_key_gets_nothing) {
  RunningBroker broker(roll_, broker_);
  Client::Settings settings;
  settings.brokers = {{broker.endpoint(), KeyPair::generate().public_key}};
  settings.queue = Queue::apply;
  Client x(std::move(settings), copy(worker_), clock_);
  auto w = worker({broker.endpoint()});
  ASSERT_TRUE(turn_until({w.get(), &x}, [&] { return w->connected() == 1; }));
  auto until = clock_.now() + 300ms;
  ASSERT_TRUE(turn_until({w.get(), &x}, [&] { return clock_.now() > until; }));
  EXPECT_EQ(x.connected(), 0U);
}

TEST_F(BrokerTest, a_worker_s_key_is_no_scheduler_s) {
  RunningBroker broker(roll_, broker_);
  auto x = client({broker.endpoint()}, worker_, Role::scheduler);
  ASSERT_TRUE(turn_until({x.get()}, [&] {
    return broker.metrics().find("certfleet_broker_refusals_total{code=\"not_allowed\"} 1") !=
           std::string::npos;
  }));
  EXPECT_EQ(x->connected(), 0U);
}

TEST_F(BrokerTest, whoever_is_revoked_loses_the_live_connection) {
  RunningBroker broker(roll_, broker_);
  auto w = worker({broker.endpoint()});
  auto s = scheduler({broker.endpoint()});
  w->set_room(10);
  ASSERT_TRUE(connected({w.get(), s.get()}));
  roll_.revoke(PeerId(2));
  ASSERT_TRUE(turn_until({w.get(), s.get()}, [&] { return w->connected() == 0; }));
  s->offer({ref(1)});
  ASSERT_TRUE(turn_until({w.get(), s.get()}, [&] {
    return broker.metrics().find("certfleet_broker_ring_offers{queue=\"apply\"} 1") != std::string::npos;
  }));
  EXPECT_TRUE(got_.empty());
}

TEST_F(BrokerTest, while_the_database_is_away_the_last_list_stays_good) {
  RunningBroker broker(roll_, broker_);
  roll_.fail(true);
  int before = roll_.loads();
  ASSERT_TRUE(eventually(soon, [&] { return roll_.loads() > before + 2; }));
  auto w = worker({broker.endpoint()});
  EXPECT_TRUE(connected({w.get()}));
  KeyPair late = KeyPair::generate();
  roll_.enroll(late.public_key, PeerId(9), Role::worker, Queue::apply);
  roll_.fail(false);
  auto x = client({broker.endpoint()}, late, Role::worker);
  EXPECT_TRUE(connected({x.get()}));
}

TEST_F(BrokerTest, the_same_list_again_is_no_news) {
  PeerWatch watch(std::make_unique<RollDirectory>(roll_), 5ms);
  EXPECT_EQ(watch.take()->size(), 2U);
  ASSERT_TRUE(eventually(soon, [&] { return roll_.loads() > 5; }));
  EXPECT_FALSE(watch.take());
  roll_.revoke(PeerId(2));
  std::optional<std::vector<EnrolledPeer>> news;
  ASSERT_TRUE(eventually(soon, [&] { return (news = watch.take()).has_value(); }));
  EXPECT_EQ(news->size(), 1U);
}

TEST_F(BrokerTest, a_broker_that_can_t_learn_who_is_enrolled_does_not_start) {
  roll_.fail(true);
  EXPECT_THROW(RunningBroker(roll_, broker_), Failure);
}

TEST_F(BrokerTest, a_port_in_use_is_one_clear_line) {
  RunningBroker broker(roll_, broker_);
  try {
    RunningBroker second(roll_, broker_, broker.endpoint());
    FAIL() << "it bound twice";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.fault(), Fault::conflict);
    EXPECT_EQ(failure.what(), broker.endpoint() + ": address already in use");
  }
}

TEST_F(BrokerTest, a_worker_of_a_site_gets_only_its_jobs) {
  RunningBroker broker(roll_, broker_);
  auto tokyo = worker({broker.endpoint()}, 1);
  auto any = worker({broker.endpoint()});
  auto s = scheduler({broker.endpoint()});
  tokyo->set_room(10);
  ASSERT_TRUE(connected({tokyo.get(), any.get(), s.get()}));
  s->offer({ref(1, 1), ref(2, 2)});
  ASSERT_TRUE(turn_until({tokyo.get(), any.get(), s.get()}, [&] { return !got_.empty(); }));
  EXPECT_THAT(got_, UnorderedElementsAre(1));
  any->set_room(10);
  ASSERT_TRUE(turn_until({any.get(), s.get()}, [&] { return got_.size() == 2; }));
}

TEST_F(BrokerTest, a_goodbye_gives_back_what_a_worker_has_asked_for) {
  RunningBroker broker(roll_, broker_);
  auto leaving = worker({broker.endpoint()});
  auto w = worker({broker.endpoint()});
  auto s = scheduler({broker.endpoint()});
  leaving->set_room(10);
  ASSERT_TRUE(connected({leaving.get(), w.get(), s.get()}));
  leaving->bye("drain");
  EXPECT_EQ(leaving->connected(), 0U);
  ASSERT_TRUE(eventually(soon, [&] {
    return broker.metrics().find("certfleet_broker_sessions{role=\"worker\"} 1") != std::string::npos;
  }));
  w->set_room(10);
  s->offer({ref(1)});
  EXPECT_TRUE(turn_until({w.get(), s.get()}, [&] { return got_.size() == 1; }));
}

}  // namespace
}  // namespace certfleet::broker
