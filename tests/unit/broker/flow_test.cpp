// Which offers go to whom, and how many may come in.
#include "tests/unit/broker/house.h"

namespace certfleet::broker {
namespace {

using bus::RefuseCode;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<JobRef> refs(std::int64_t from, std::int64_t count, std::int64_t service = 0) {
  std::vector<JobRef> result;
  for (std::int64_t i = 0; i < count; ++i) result.push_back(ref(from + i, 0, service));
  return result;
}

class Flow : public House {
 protected:
  explicit Flow(Limits limits = {}) : House(limits) { scheduler("s"); }
};

TEST_F(Flow, an_offer_goes_out_only_against_credit) {
  worker("w");
  EXPECT_THAT(offered(offer({ref(1), ref(2), ref(3)}), "w"), IsEmpty());
  EXPECT_THAT(offered(credit("w", 2), "w"), ElementsAre(1, 2));
  EXPECT_THAT(offered(credit("w", 2), "w"), IsEmpty());
  EXPECT_THAT(offered(credit("w", 3), "w"), ElementsAre(3));
}

TEST_F(Flow, credit_is_a_total_that_never_falls) {
  worker("w");
  credit("w", 5);
  credit("w", 1);
  EXPECT_THAT(offered(offer(refs(1, 9)), "w"), SizeIs(5));
}

TEST_F(Flow, a_worker_s_offers_come_in_one_frame_with_their_total) {
  worker("w");
  credit("w", 5);
  auto frames = all<bus::Offer>(offer(refs(1, 3)), "w");
  ASSERT_THAT(frames, SizeIs(1));
  EXPECT_EQ(frames[0].sent, 3U);
  EXPECT_EQ(all<bus::Offer>(offer(refs(4, 3)), "w")[0].sent, 5U);
}

TEST_F(Flow, a_quiet_worker_gets_nothing_until_it_is_loud_again) {
  worker("w");
  credit("w", 5);
  say("w", apply_key, bus::Credit{5, true});
  EXPECT_THAT(offered(offer({ref(1)}), "w"), IsEmpty());
  EXPECT_THAT(offered(say("w", apply_key, bus::Credit{5, false}), "w"), ElementsAre(1));
}

TEST_F(Flow, a_beat_grants_credit_as_well_and_is_answered_before_new_offers) {
  worker("w");
  offer({ref(1)});
  auto sends = say("w", apply_key, bus::Beat{3, false, {}});
  ASSERT_THAT(sends, SizeIs(2));
  EXPECT_EQ(sends[0].message, bus::Message(bus::BeatAck{0, {}, 0}));
  EXPECT_EQ(sends[1].message, bus::Message(bus::Offer{Queue::apply, 1, {ref(1)}}));
}

TEST_F(Flow, no_more_credit_counts_than_the_limit) {
  worker("w");
  credit("w", 1'000'000);
  std::size_t got = 0;
  for (std::int64_t i = 0; i < 2; ++i) got += offered(offer(refs(1 + i * 1000, 1000)), "w").size();
  EXPECT_EQ(got, 1024U);
  EXPECT_THAT(offered(credit("w", 1'000'000), "w"), SizeIs(2000 - 1024));
}

TEST_F(Flow, a_queue_s_offers_go_to_its_workers_only) {
  worker("w");
  worker("m", mail_key);
  credit("w", 5);
  credit("m", 5, mail_key);
  auto sends = offer({ref(1, 0, 0, 4, Queue::mail)});
  EXPECT_THAT(offered(sends, "m"), ElementsAre(1));
  EXPECT_THAT(offered(sends, "w"), IsEmpty());
}

TEST_F(Flow, a_worker_of_a_site_takes_its_site_s_jobs_and_those_of_none) {
  worker("tokyo", apply_key, 1);
  credit("tokyo", 10);
  EXPECT_THAT(offered(offer({ref(1, 1), ref(2, 2), ref(3, 0)}), "tokyo"),
              ::testing::UnorderedElementsAre(1, 3));
  worker("any");
  EXPECT_THAT(offered(credit("any", 10), "any"), ElementsAre(2));
}

TEST_F(Flow, workers_take_turns) {
  for (const char* name : {"a", "b", "c"}) {
    worker(name);
    credit(name, 10);
  }
  auto sends = offer(refs(1, 6));
  for (const char* name : {"a", "b", "c"}) EXPECT_THAT(offered(sends, name), SizeIs(2));
  EXPECT_THAT(offered(offer({ref(7)}), "a"), ElementsAre(7));
  EXPECT_THAT(offered(offer({ref(8)}), "b"), ElementsAre(8));
}

TEST_F(Flow, single_offers_go_in_turn_to_workers_with_and_without_a_site) {
  worker("any");
  worker("tokyo", apply_key, 1);
  credit("any", 100);
  credit("tokyo", 100);
  std::size_t tokyo = 0;
  for (int i = 1; i <= 10; ++i) tokyo += offered(offer({ref(i)}), "tokyo").size();
  EXPECT_EQ(tokyo, 5U);
}

TEST_F(Flow, the_urgent_comes_first) {
  worker("w");
  offer({ref(1, 0, 0, 8), ref(2, 0, 0, 4), ref(3, 0, 0, 0)});
  EXPECT_THAT(offered(credit("w", 1), "w"), ElementsAre(3));
  EXPECT_THAT(offered(credit("w", 3), "w"), ElementsAre(2, 1));
}

TEST_F(Flow, many_offers_of_one_service_do_not_hold_up_another) {
  worker("w");
  for (std::int64_t i = 0; i < 100; ++i) offer(refs(1 + i * 1000, 1000, 71));  // far more than it may
  worker("f");
  say("f", apply_key, bus::Offer{Queue::apply, 1, {ref(900'000, 0, 72)}});
  auto got = offered(credit("w", 4), "w");
  EXPECT_THAT(got, ::testing::Contains(900'000));
}

TEST_F(Flow, a_job_waits_in_the_ring_only_once) {
  offer({ref(1), ref(2)});
  auto ack = all<bus::OfferAck>(offer({ref(1), ref(3)}), "s");
  ASSERT_THAT(ack, SizeIs(1));
  EXPECT_EQ(ack[0].accepted, 3U);
  EXPECT_EQ(core_.ring_size(Queue::apply), 3U);
  EXPECT_EQ(core_.counts().duplicate, 1U);
}

TEST_F(Flow, an_offer_older_than_thirty_seconds_is_dropped) {
  offer({ref(1)});
  tick(29s);
  scheduler("s");
  sent_.clear();
  offer({ref(2)});
  tick(2s);
  EXPECT_EQ(core_.counts().expired, 1U);
  worker("w");
  EXPECT_THAT(offered(credit("w", 5), "w"), ElementsAre(2));
}

TEST_F(Flow, what_was_sent_to_a_peer_that_fell_silent_is_not_sent_again) {
  worker("w");
  credit("w", 5);
  offer({ref(1)});
  tick(1h);
  worker("x");
  EXPECT_THAT(offered(credit("x", 5), "x"), IsEmpty());
}

TEST_F(Flow, what_could_not_be_sent_goes_to_another_and_the_peer_is_forgotten) {
  worker("gone");
  credit("gone", 5);
  auto sends = offer({ref(1), ref(2)});
  worker("w");
  credit("w", 5);
  auto again = core_.step(BrokerCore::Unsent{"gone", all<bus::Offer>(sends, "gone")[0]}, now_);
  EXPECT_THAT(offered(again, "w"), ElementsAre(1, 2));
  EXPECT_EQ(core_.sessions().size(), 2U);
}

TEST_F(Flow, an_offer_is_acknowledged_with_new_room_when_half_of_the_window_is_used) {
  sent_.clear();
  say("s", scheduler_key, bus::Hello{"s", 2, bus::Role::scheduler, std::nullopt, SiteId(), 10});
  EXPECT_EQ(all<bus::OfferAck>(offer(refs(1, 4)), "s")[0].granted,
            (std::vector<bus::QueueCount>{{Queue::apply, 10}}));
  EXPECT_EQ(all<bus::OfferAck>(offer(refs(5, 1)), "s")[0].granted,
            (std::vector<bus::QueueCount>{{Queue::apply, 15}}));
}

TEST_F(Flow, references_beyond_the_window_are_dropped_and_refused) {
  sent_.clear();
  say("s", scheduler_key, bus::Hello{"s", 2, bus::Role::scheduler, std::nullopt, SiteId(), 10});
  auto sends = offer(refs(1, 12));
  EXPECT_EQ(core_.ring_size(Queue::apply), 10U);
  ASSERT_THAT(all<bus::Refuse>(sends, "s"), SizeIs(1));
  EXPECT_EQ(all<bus::Refuse>(sends, "s")[0], (bus::Refuse{RefuseCode::over_window, "2 references too many"}));
}

TEST_F(Flow, an_offer_that_comes_twice_uses_the_window_once) {
  sent_.clear();
  say("s", scheduler_key, bus::Hello{"s", 2, bus::Role::scheduler, std::nullopt, SiteId(), 10});
  for (int i = 0; i < 2; ++i) say("s", scheduler_key, bus::Offer{Queue::apply, 4, refs(1, 4)});
  EXPECT_EQ(
      all<bus::BeatAck>(say("s", scheduler_key, bus::Beat{0, false, {{Queue::apply, 4}}}), "s")[0].granted,
      (std::vector<bus::QueueCount>{{Queue::apply, 10}}));
}

TEST_F(Flow, room_for_lost_offers_is_granted_anew_with_the_next_beat) {
  sent_.clear();
  say("s", scheduler_key, bus::Hello{"s", 2, bus::Role::scheduler, std::nullopt, SiteId(), 10});
  EXPECT_EQ(
      all<bus::BeatAck>(say("s", scheduler_key, bus::Beat{0, false, {{Queue::apply, 10}}}), "s")[0].granted,
      (std::vector<bus::QueueCount>{{Queue::apply, 20}}));
}

TEST_F(Flow, an_offer_that_counts_less_than_it_holds_is_malformed) {
  EXPECT_EQ(refusal(say("s", scheduler_key, bus::Offer{Queue::apply, 1, refs(1, 2)}), "s"),
            RefuseCode::malformed);
}

class SmallRing : public Flow {
 protected:
  SmallRing() : Flow({.refs_per_queue = 16, .window_max = 8, .trickle = 2}) {}

  std::uint64_t granted_ = 8;
  Sends note(Sends sends) {
    for (const auto& ack : all<bus::OfferAck>(sends, "s"))
      for (const auto& [queue, count] : ack.granted)
        if (queue == Queue::apply) granted_ = count;
    return sends;
  }
  // Offers one by one while there is room to.
  void fill() {
    for (std::int64_t id = 1; sent_[Queue::apply] < granted_; ++id) note(offer({ref(id)}));
  }
};

TEST_F(SmallRing, a_producer_pauses_when_the_ring_is_full_and_goes_on_when_there_is_room) {
  fill();
  EXPECT_EQ(core_.ring_size(Queue::apply), 16U);
  EXPECT_EQ(granted_, sent_[Queue::apply]);
  worker("w");
  note(credit("w", 10));
  EXPECT_EQ(granted_, sent_[Queue::apply] + 8);
}

TEST_F(SmallRing, a_full_queue_holds_up_no_other) {
  fill();
  worker("m", mail_key);
  credit("m", 1, mail_key);
  EXPECT_THAT(offered(offer({ref(900, 0, 0, 4, Queue::mail)}), "m"), ElementsAre(900));
}

TEST_F(SmallRing, into_a_full_ring_comes_a_trickle_so_that_the_urgent_is_not_held_up) {
  fill();
  note(tick(1000ms));
  EXPECT_EQ(granted_, sent_[Queue::apply] + 2);
  note(offer({ref(900, 0, 0, 0)}));
  EXPECT_EQ(core_.ring_size(Queue::apply), 16U);
  worker("w");
  EXPECT_THAT(offered(credit("w", 1), "w"), ElementsAre(900));
}

TEST_F(SmallRing, its_memory_is_bounded_whatever_the_producers_do) {
  for (int peer = 0; peer < 20; ++peer) {
    std::string name = "p" + std::to_string(peer);
    scheduler(name, 8);
    for (std::uint64_t i = 0; i < 8; ++i)
      say(name, scheduler_key,
          bus::Offer{Queue::apply, i + 1, {ref(1000 * peer + static_cast<std::int64_t>(i) + 1)}});
  }
  EXPECT_EQ(core_.ring_size(Queue::apply), 16U);
  EXPECT_EQ(core_.counts().dropped, 160U - 16U);
}

}  // namespace
}  // namespace certfleet::broker
