// Who may say what, and when.
#include "tests/unit/broker/house.h"

namespace certfleet::broker {
namespace {

using bus::RefuseCode;
using bus::Role;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Manners : public House {};

TEST_F(Manners, a_hello_is_welcomed_with_the_limits) {
  auto sends = worker("w");
  EXPECT_THAT(all<bus::Welcome>(sends, "w"), ElementsAre(bus::Welcome{"broker-1", 1, 1000ms, 8, 1024, 1024}));
}

TEST_F(Manners, anything_before_hello_is_refused_and_counted) {
  std::vector<bus::Message> messages = {bus::Credit{1, false}, bus::Offer{Queue::apply, 1, {ref(1)}},
                                        bus::Beat{},           bus::Welcome{},
                                        bus::BeatAck{},        bus::OfferAck{}};
  for (const auto& message : messages)
    EXPECT_EQ(refusal(say("w", apply_key, message), "w"), RefuseCode::hello_first) << bus::name_of(message);
  EXPECT_EQ(refusals(RefuseCode::hello_first), messages.size());
}

TEST_F(Manners, goodbyes_and_refusals_are_never_refused) {
  EXPECT_THAT(say("w", apply_key, bus::Bye{"drain"}), IsEmpty());
  EXPECT_THAT(say("w", apply_key, bus::Refuse{}), IsEmpty());
  worker("w");
  EXPECT_THAT(say("w", apply_key, bus::Refuse{}), IsEmpty());
}

TEST_F(Manners, what_only_brokers_say_is_not_allowed) {
  worker("w");
  for (const auto& message :
       {bus::Message(bus::Welcome{}), bus::Message(bus::OfferAck{}), bus::Message(bus::BeatAck{})})
    EXPECT_EQ(refusal(say("w", apply_key, message), "w"), RefuseCode::not_allowed);
}

TEST_F(Manners, malformed_and_unknown_messages_are_refused_and_counted_and_end_nothing) {
  worker("w");
  EXPECT_EQ(refusal(garble("w", apply_key), "w"), RefuseCode::malformed);
  EXPECT_EQ(refusal(say("w", apply_key, bus::Unknown{}), "w"), RefuseCode::unknown_message);
  EXPECT_EQ(refusals(RefuseCode::malformed), 1U);
  EXPECT_EQ(core_.sessions().size(), 1U);
}

TEST_F(Manners, the_key_says_which_queue_a_worker_serves) {
  auto hello = bus::Hello{"w", 1, Role::worker, Queue::apply, SiteId(), 8};
  EXPECT_EQ(refusal(say("w", mail_key, hello), "w"), RefuseCode::not_allowed);
  hello.queue = std::nullopt;
  EXPECT_EQ(refusal(say("w", mail_key, hello), "w"), RefuseCode::not_allowed);
  EXPECT_EQ(core_.sessions().size(), 0U);
}

TEST_F(Manners, the_key_says_which_role_a_peer_has) {
  EXPECT_EQ(refusal(say("x", apply_key, bus::Hello{"x", 1, Role::scheduler, Queue::apply, SiteId(), 8}), "x"),
            RefuseCode::not_allowed);
  EXPECT_EQ(
      refusal(say("x", scheduler_key, bus::Hello{"x", 1, Role::worker, std::nullopt, SiteId(), 8}), "x"),
      RefuseCode::not_allowed);
}

TEST_F(Manners, a_broker_s_key_is_no_client_s) {
  EXPECT_EQ(refusal(say("x", broker_key, bus::Hello{"x", 1, Role::broker, std::nullopt, SiteId(), 8}), "x"),
            RefuseCode::not_allowed);
}

TEST_F(Manners, only_workers_grant_credit) {
  scheduler("s");
  EXPECT_EQ(refusal(say("s", scheduler_key, bus::Credit{5, false}), "s"), RefuseCode::not_allowed);
}

TEST_F(Manners, a_worker_may_offer_follow_up_jobs_of_any_queue) {
  worker("w");
  worker("m", mail_key);
  credit("m", 1, mail_key);
  auto sends = say("w", apply_key, bus::Offer{Queue::mail, 1, {ref(7, 0, 0, 4, Queue::mail)}});
  EXPECT_THAT(offered(sends, "m"), ElementsAre(7));
}

TEST_F(Manners, the_same_hello_again_is_welcomed_again_and_changes_nothing) {
  scheduler("s");
  worker("w");
  credit("w", 5);
  EXPECT_EQ(all<bus::Welcome>(worker("w"), "w").size(), 1U);
  EXPECT_THAT(offered(offer({ref(1)}), "w"), ElementsAre(1));
}

TEST_F(Manners, a_new_epoch_begins_without_credit) {
  scheduler("s");
  worker("w");
  credit("w", 5);
  say("w", apply_key, bus::Hello{"w", 2, Role::worker, Queue::apply, SiteId(), 8});
  EXPECT_THAT(offered(offer({ref(1)}), "w"), IsEmpty());
}

TEST_F(Manners, a_late_hello_of_an_earlier_epoch_is_ignored) {
  scheduler("s");
  say("w", apply_key, bus::Hello{"w", 2, Role::worker, Queue::apply, SiteId(), 8});
  credit("w", 5);
  EXPECT_THAT(worker("w"), IsEmpty());
  EXPECT_THAT(offered(offer({ref(1)}), "w"), ElementsAre(1));
}

TEST_F(Manners, a_process_that_comes_again_over_another_connection_leaves_nothing_on_the_old_one) {
  scheduler("s");
  worker("old");
  credit("old", 5);
  say("new", apply_key, bus::Hello{"old", 2, Role::worker, Queue::apply, SiteId(), 8});
  EXPECT_EQ(core_.sessions().size(), 2U);
  EXPECT_EQ(all<bus::Offer>(offer({ref(1)}), "old").size(), 0U);
}

TEST_F(Manners, nobody_takes_the_instance_of_another_key) {
  worker("w");
  auto sends = say("x", other_apply_key, bus::Hello{"w", 9, Role::worker, Queue::apply, SiteId(), 8});
  EXPECT_EQ(refusal(sends, "x"), RefuseCode::not_allowed);
  EXPECT_EQ(core_.sessions().size(), 1U);
}

TEST_F(Manners, nobody_inherits_the_session_of_a_routing_id) {
  scheduler("s");
  worker("w");
  credit("w", 5);
  EXPECT_EQ(refusal(say("w", mail_key, bus::Beat{}), "w"), RefuseCode::hello_first);
  EXPECT_THAT(offered(offer({ref(1)}), "w"), IsEmpty());
}

TEST_F(Manners, whoever_is_revoked_is_told_once_and_then_met_with_silence) {
  scheduler("s");
  worker("w");
  credit("w", 5);
  auto rest = everybody();
  std::erase_if(rest, [](const auto& peer) { return peer.id == apply_key; });
  EXPECT_EQ(refusal(enroll(rest), "w"), RefuseCode::not_enrolled);
  EXPECT_THAT(offered(offer({ref(1)}), "w"), IsEmpty());
  EXPECT_THAT(say("w", apply_key, bus::Beat{9, false, {}}), IsEmpty());
  EXPECT_THAT(worker("w"), IsEmpty());
  EXPECT_THAT(garble("w", apply_key), IsEmpty());
  EXPECT_EQ(refusals(RefuseCode::not_enrolled), 4U);
}

TEST_F(Manners, whoever_is_enrolled_for_something_else_now_says_hello_anew) {
  worker("w");
  auto changed = everybody();
  for (auto& peer : changed)
    if (peer.id == apply_key) peer.queue = Queue::csr;
  EXPECT_EQ(refusal(enroll(changed), "w"), RefuseCode::not_enrolled);
  EXPECT_EQ(refusal(worker("w"), "w"), RefuseCode::not_allowed);
}

TEST_F(Manners, the_same_list_again_or_a_new_name_cuts_nobody_off) {
  worker("w");
  auto renamed = everybody();
  for (auto& peer : renamed) peer.name += "-renamed";
  EXPECT_THAT(enroll(renamed), IsEmpty());
  EXPECT_EQ(core_.sessions().size(), 1U);
}

TEST_F(Manners, a_peer_silent_for_three_beats_is_forgotten_with_its_credit) {
  scheduler("s");
  worker("w");
  credit("w", 5);
  tick(2000ms);
  say("s", scheduler_key, bus::Beat{});
  tick(999ms);
  EXPECT_EQ(core_.sessions().size(), 2U);
  tick(1ms);
  EXPECT_EQ(core_.sessions().size(), 1U);
  EXPECT_THAT(offered(offer({ref(1)}), "w"), IsEmpty());
  EXPECT_EQ(refusal(say("w", apply_key, bus::Beat{5, false, {}}), "w"), RefuseCode::hello_first);
}

TEST_F(Manners, any_message_is_a_sign_of_life) {
  worker("w");
  for (std::uint64_t i = 1; i < 10; ++i) {
    tick(2000ms);
    credit("w", i);
  }
  EXPECT_EQ(core_.sessions().size(), 1U);
}

TEST_F(Manners, a_drain_says_goodbye_to_all_and_to_whoever_comes_later) {
  worker("w");
  scheduler("s");
  auto sends = core_.step(BrokerCore::Drain{"drain"}, now_);
  EXPECT_THAT(all<bus::Bye>(sends, "w"), ElementsAre(bus::Bye{"drain"}));
  EXPECT_THAT(all<bus::Bye>(sends, "s"), ElementsAre(bus::Bye{"drain"}));
  EXPECT_THAT(all<bus::Bye>(worker("x"), "x"), ElementsAre(bus::Bye{"drain"}));
  EXPECT_EQ(core_.sessions().size(), 0U);
}

class FewPeers : public House {
 protected:
  FewPeers() : House({.peers_max = 2}) {}
};

TEST_F(FewPeers, there_is_a_limit_to_the_sessions) {
  worker("1");
  worker("2");
  EXPECT_EQ(refusal(worker("3"), "3"), RefuseCode::too_many);
  say("1", apply_key, bus::Bye{});
  EXPECT_EQ(all<bus::Welcome>(worker("3"), "3").size(), 1U);
}

}  // namespace
}  // namespace certfleet::broker
