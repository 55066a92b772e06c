#include "lib/bus/link.h"

#include <gmock/gmock.h>

namespace certfleet::bus {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

JobRef ref(std::int64_t id, Queue queue = Queue::apply) {
  return {.id = JobId(id), .queue = queue, .site = {}, .service = {}};
}

std::vector<JobRef> refs(std::int64_t from, std::int64_t count, Queue queue = Queue::apply) {
  std::vector<JobRef> result;
  for (std::int64_t i = 0; i < count; ++i) result.push_back(ref(from + i, queue));
  return result;
}

// A link of a worker of `apply`, and a broker in short sentences.
class LinkTest : public ::testing::Test {
 protected:
  Instant now{1000s};
  Link link{Hello{"worker", 0, Role::worker, Queue::apply, SiteId(), 64}};
  std::vector<std::string> notes;
  bool fresh_socket = false;
  std::vector<JobRef> offers;

  std::vector<Message> step(const Link::Event& event) {
    auto output = link.step(event, now);
    if (!output.note.empty()) notes.push_back(output.note);
    fresh_socket = output.fresh_socket;
    offers = output.offers;
    return output.send;
  }
  std::vector<Message> hear(const Message& message) { return step(Link::Received{message}); }
  std::vector<Message> wait(std::chrono::milliseconds span) {
    now += span;
    return step(Link::Tick{});
  }
  static Welcome welcome(std::uint64_t epoch) { return {"broker", epoch, 1000ms, 4, 100, 3}; }
  void go_up() {
    step(Link::Connected{});
    hear(welcome(1));
    ASSERT_TRUE(link.up());
  }
  static Message hello(std::uint64_t epoch) {
    return Hello{"worker", epoch, Role::worker, Queue::apply, SiteId(), 64};
  }
};

TEST_F(LinkTest, greets_as_soon_as_it_is_connected) {
  EXPECT_THAT(wait(1h), IsEmpty());
  EXPECT_THAT(step(Link::Connected{}), ElementsAre(hello(1)));
  EXPECT_THAT(step(Link::Connected{}), IsEmpty());
}

TEST_F(LinkTest, without_a_connection_it_asks_for_a_fresh_socket_every_five_seconds_and_says_so_once) {
  wait(0s);
  wait(4999ms);
  EXPECT_FALSE(fresh_socket);
  wait(1ms);
  EXPECT_TRUE(fresh_socket);
  wait(5s);
  EXPECT_TRUE(fresh_socket);
  EXPECT_THAT(notes, ElementsAre("no connection: it can't be reached, or one side's key is not the other's"));
}

TEST_F(LinkTest, repeats_the_same_hello_and_then_asks_for_a_fresh_socket) {
  step(Link::Connected{});
  EXPECT_THAT(wait(999ms), IsEmpty());
  EXPECT_THAT(wait(1ms), ElementsAre(hello(1)));
  EXPECT_THAT(wait(1s), ElementsAre(hello(1)));
  EXPECT_THAT(wait(1s), IsEmpty());
  EXPECT_TRUE(fresh_socket);
  EXPECT_EQ(link.state(), Link::State::away);
  EXPECT_THAT(notes, ElementsAre("the broker doesn't answer"));
  EXPECT_THAT(step(Link::Connected{}), ElementsAre(hello(2)));
}

TEST_F(LinkTest, takes_no_welcome_of_an_earlier_session) {
  step(Link::Connected{});
  step(Link::Unsent{});
  step(Link::Connected{});
  hear(welcome(1));
  EXPECT_FALSE(link.up());
  hear(welcome(2));
  EXPECT_TRUE(link.up());
}

TEST_F(LinkTest, a_second_welcome_changes_nothing) {
  step(Link::Room{8});
  go_up();
  EXPECT_THAT(hear(welcome(1)), IsEmpty());
  EXPECT_EQ(link.outstanding(), 8U);
}

TEST_F(LinkTest, beats_in_the_broker_s_interval_and_tells_all_counters) {
  step(Link::Room{8});
  go_up();
  ASSERT_TRUE(link.offer(refs(1, 2)));
  EXPECT_THAT(wait(999ms), IsEmpty());
  EXPECT_THAT(wait(1ms), ElementsAre(Message(Beat{8, false, {{Queue::apply, 2}}})));
  EXPECT_EQ(link.next(), now + 1s);
}

TEST_F(LinkTest, a_broker_silent_for_three_beats_is_gone) {
  go_up();
  wait(1s);
  wait(1s);
  EXPECT_TRUE(link.up());
  EXPECT_THAT(wait(1s), IsEmpty());
  EXPECT_FALSE(link.up());
  EXPECT_TRUE(fresh_socket);
  EXPECT_EQ(link.outstanding(), 0U);
}

TEST_F(LinkTest, any_message_of_the_broker_is_a_sign_of_life) {
  go_up();
  for (int i = 0; i < 10; ++i) {
    wait(1s);
    hear(i % 2 == 0 ? Message(BeatAck{}) : Message(OfferAck{}));
  }
  EXPECT_TRUE(link.up());
}

TEST_F(LinkTest, gives_credit_for_its_room_and_again_when_a_quarter_is_used) {
  step(Link::Room{8});
  step(Link::Connected{});
  EXPECT_THAT(hear(welcome(1)), ElementsAre(Message(Credit{8, false})));
  EXPECT_THAT(hear(Offer{Queue::apply, 1, refs(1, 1)}), IsEmpty());
  EXPECT_EQ(offers, refs(1, 1));
  EXPECT_EQ(link.outstanding(), 7U);
  EXPECT_THAT(step(Link::Room{8}), IsEmpty());
  hear(Offer{Queue::apply, 2, refs(2, 1)});
  EXPECT_THAT(step(Link::Room{8}), ElementsAre(Message(Credit{10, false})));
}

TEST_F(LinkTest, what_was_delivered_takes_up_room_until_told_otherwise) {
  step(Link::Room{8});
  go_up();
  hear(Offer{Queue::apply, 6, refs(1, 6)});
  EXPECT_THAT(hear(BeatAck{6, {}, 0}), IsEmpty());
  EXPECT_EQ(link.outstanding(), 2U);
}

TEST_F(LinkTest, gives_no_more_credit_than_the_broker_uses) {
  step(Link::Room{5000});
  step(Link::Connected{});
  EXPECT_THAT(hear(welcome(1)), ElementsAre(Message(Credit{100, false})));
}

TEST_F(LinkTest, an_offer_that_comes_twice_uses_credit_once) {
  step(Link::Room{8});
  go_up();
  hear(Offer{Queue::apply, 4, refs(1, 4)});
  hear(Offer{Queue::apply, 4, refs(1, 4)});
  EXPECT_EQ(link.outstanding(), 4U);
}

TEST_F(LinkTest, credit_of_a_lost_offer_is_given_anew_after_the_next_beat) {
  step(Link::Room{8});
  go_up();
  EXPECT_THAT(hear(BeatAck{8, {}, 0}), ElementsAre(Message(Credit{16, false})));
  EXPECT_EQ(link.outstanding(), 8U);
}

TEST_F(LinkTest, a_broker_that_counts_wrongly_can_t_drive_credit_below_nothing) {
  step(Link::Room{8});
  go_up();
  hear(Offer{Queue::apply, 999, refs(1, 1)});
  EXPECT_LE(link.outstanding(), 8U);
}

TEST_F(LinkTest, no_room_is_quiet_at_once_and_room_again_is_loud) {
  step(Link::Room{8});
  go_up();
  EXPECT_THAT(step(Link::Room{0}), ElementsAre(Message(Credit{8, true})));
  EXPECT_THAT(step(Link::Room{0}), IsEmpty());
  EXPECT_THAT(step(Link::Room{4}), ElementsAre(Message(Credit{8, false})));
}

TEST_F(LinkTest, a_worker_takes_no_offer_of_another_queue) {
  step(Link::Room{8});
  go_up();
  hear(Offer{Queue::mail, 1, refs(1, 1, Queue::mail)});
  EXPECT_THAT(offers, IsEmpty());
}

TEST_F(LinkTest, offers_no_more_than_the_window_and_the_frame_hold) {
  EXPECT_FALSE(link.offer(refs(1, 1)));
  go_up();
  EXPECT_EQ(link.window(Queue::apply), 4U);
  auto first = link.offer(refs(1, 10));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->refs, refs(1, 3));
  EXPECT_EQ(first->sent, 3U);
  EXPECT_EQ(link.offer(refs(4, 10))->refs, refs(4, 1));
  EXPECT_FALSE(link.offer(refs(5, 10)));
  EXPECT_EQ(link.window(Queue::mail), 4U);
}

TEST_F(LinkTest, an_acknowledgement_widens_the_window_and_never_narrows_it) {
  go_up();
  ASSERT_TRUE(link.offer(refs(1, 3)));
  hear(OfferAck{{{Queue::apply, 10}}, 3});
  EXPECT_EQ(link.window(Queue::apply), 7U);
  hear(BeatAck{0, {{Queue::apply, 9}}, 3});
  EXPECT_EQ(link.window(Queue::apply), 7U);
}

TEST_F(LinkTest, a_broker_started_anew_is_greeted_anew_and_gets_the_credit_again) {
  step(Link::Room{8});
  go_up();
  EXPECT_THAT(hear(Refuse{RefuseCode::hello_first, ""}), ElementsAre(hello(2)));
  EXPECT_THAT(hear(Refuse{RefuseCode::hello_first, ""}), IsEmpty());
  EXPECT_THAT(hear(welcome(2)), ElementsAre(Message(Credit{8, false})));
  EXPECT_THAT(notes, IsEmpty());
}

TEST_F(LinkTest, offers_of_an_earlier_session_count_for_nothing) {
  step(Link::Room{8});
  go_up();
  hear(Refuse{RefuseCode::hello_first, ""});
  hear(Offer{Queue::apply, 5, refs(1, 5)});
  EXPECT_THAT(offers, IsEmpty());
}

TEST_F(LinkTest, whoever_is_refused_tries_again_after_five_seconds_and_says_why_once) {
  for (std::uint64_t epoch = 1; epoch < 4; ++epoch) {
    EXPECT_THAT(step(Link::Connected{}), ElementsAre(hello(epoch)));
    hear(Refuse{RefuseCode::not_allowed, "a key of mail"});
    EXPECT_EQ(link.state(), Link::State::refused);
    EXPECT_THAT(step(Link::Connected{}), IsEmpty());
    wait(4999ms);
    EXPECT_EQ(link.state(), Link::State::refused);
    wait(1ms);
    EXPECT_EQ(link.state(), Link::State::away);
  }
  EXPECT_THAT(notes, ElementsAre("the broker refuses (not_allowed): a key of mail"));
}

TEST_F(LinkTest, a_refused_message_does_not_end_the_session) {
  go_up();
  hear(Refuse{RefuseCode::over_window, "3 references too many"});
  EXPECT_TRUE(link.up());
}

TEST_F(LinkTest, a_revoked_peer_leaves) {
  go_up();
  hear(Refuse{RefuseCode::not_enrolled, "revoked"});
  EXPECT_EQ(link.state(), Link::State::refused);
  EXPECT_EQ(link.window(Queue::apply), 0U);
}

TEST_F(LinkTest, goodbye_of_the_broker_ends_the_session_for_a_second) {
  go_up();
  hear(Bye{"drain"});
  EXPECT_FALSE(link.up());
  wait(1s);
  EXPECT_THAT(step(Link::Connected{}), ElementsAre(hello(2)));
}

TEST_F(LinkTest, our_goodbye_is_for_good) {
  go_up();
  EXPECT_THAT(step(Link::Stop{"drain"}), ElementsAre(Message(Bye{"drain"})));
  EXPECT_THAT(step(Link::Connected{}), IsEmpty());
  EXPECT_THAT(hear(welcome(1)), IsEmpty());
  EXPECT_EQ(link.state(), Link::State::ended);
}

TEST_F(LinkTest, a_message_that_could_not_be_sent_means_the_connection_is_gone) {
  go_up();
  step(Link::Unsent{});
  EXPECT_EQ(link.state(), Link::State::away);
  EXPECT_FALSE(fresh_socket);
  EXPECT_THAT(step(Link::Connected{}), ElementsAre(hello(2)));
}

}  // namespace
}  // namespace certfleet::bus
