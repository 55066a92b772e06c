#include "workers/order/acme_step.h"

#include <gtest/gtest.h>

namespace certfleet::order {
namespace {

using Kind = Step::Kind;

AcmeOrder order(OrderStatus status) {
  AcmeOrder order;
  order.status = status;
  order.certificate = "https://ca.test/certificate";
  return order;
}

Challenge http01(const std::string& url, ChallengeStatus status = ChallengeStatus::pending) {
  return {"http-01", url, "token", status, std::nullopt};
}

Authorization authorization(const std::string& name, AuthorizationStatus status,
                            std::vector<Challenge> challenges) {
  return {name, false, status, std::move(challenges)};
}

Authorization pending(const std::string& name, const std::string& url,
                      ChallengeStatus status = ChallengeStatus::pending) {
  return authorization(
      name, AuthorizationStatus::pending,
      {{"dns-01", url + "/dns", "token", ChallengeStatus::pending, std::nullopt}, http01(url, status)});
}

Step pending_order(const std::vector<Authorization>& authorizations,
                   const std::set<std::string>& answered = {}) {
  return next_step(order(OrderStatus::pending), authorizations, answered);
}

TEST(NextStep, of_an_order_past_its_authorizations_is_by_its_state_alone) {
  EXPECT_EQ(next_step(order(OrderStatus::ready), {}, {}).kind, Kind::finalize);
  EXPECT_EQ(next_step(order(OrderStatus::processing), {}, {}).kind, Kind::wait);
  EXPECT_EQ(next_step(order(OrderStatus::valid), {}, {}).kind, Kind::download);
  for (auto status : {OrderStatus::ready, OrderStatus::processing, OrderStatus::valid})
    EXPECT_FALSE(needs_authorizations(order(status)));
  EXPECT_TRUE(needs_authorizations(order(OrderStatus::pending)));
  EXPECT_TRUE(needs_authorizations(order(OrderStatus::invalid)));
}

TEST(NextStep, answers_every_challenge_that_is_open) {
  auto step = pending_order({pending("a.test", "u1"), pending("b.test", "u2"),
                             authorization("c.test", AuthorizationStatus::valid, {})});
  ASSERT_EQ(step.kind, Kind::answer);
  ASSERT_EQ(step.challenges.size(), 2U);
  EXPECT_EQ(step.challenges[0].name, "a.test");
  EXPECT_EQ(step.challenges[0].challenge.url, "u1");
  EXPECT_EQ(step.challenges[1].name, "b.test");
}

TEST(NextStep, answers_a_challenge_once_in_an_attempt) {
  auto step = pending_order({pending("a.test", "u1"), pending("b.test", "u2")}, {"u1"});
  ASSERT_EQ(step.kind, Kind::answer);
  ASSERT_EQ(step.challenges.size(), 1U);
  EXPECT_EQ(step.challenges[0].challenge.url, "u2");
  EXPECT_EQ(pending_order({pending("a.test", "u1")}, {"u1"}).kind, Kind::wait);
}

TEST(NextStep, waits_while_the_ca_validates) {
  EXPECT_EQ(pending_order({pending("a.test", "u1", ChallengeStatus::processing)}).kind, Kind::wait);
  EXPECT_EQ(pending_order({pending("a.test", "u1", ChallengeStatus::valid)}).kind, Kind::wait);
  EXPECT_EQ(pending_order({authorization("a.test", AuthorizationStatus::valid, {})}).kind, Kind::wait);
  EXPECT_EQ(pending_order({}).kind, Kind::wait);
}

TEST(NextStep, fails_without_a_challenge_that_we_can_answer) {
  auto step = pending_order({authorization("a.test", AuthorizationStatus::pending,
                                           {{"dns-01", "u", "t", ChallengeStatus::pending, std::nullopt}})});
  EXPECT_EQ(step.kind, Kind::fail);
  EXPECT_EQ(step.trace_id, 2107);
  EXPECT_EQ(step.why, "a.test: the CA offers no http-01 challenge");
}

TEST(NextStep, fails_as_soon_as_one_name_is_lost) {
  for (auto status : {AuthorizationStatus::invalid, AuthorizationStatus::deactivated,
                      AuthorizationStatus::expired, AuthorizationStatus::revoked}) {
    auto step = pending_order({pending("a.test", "u1"), authorization("b.test", status, {})});
    EXPECT_EQ(step.kind, Kind::fail);
    EXPECT_EQ(step.why, "b.test: the authorization is " + std::string(to_string(status)));
  }
}

TEST(NextStep, a_lost_name_fails_with_the_words_of_its_challenge) {
  auto failed = http01("u", ChallengeStatus::invalid);
  failed.error = Problem{"connection", "refused", "", "", {}};
  auto dead = authorization("a.test", AuthorizationStatus::invalid, {failed});
  EXPECT_EQ(pending_order({dead}).why, "a.test: refused (connection)");
  auto step = next_step(order(OrderStatus::invalid), {dead}, {});
  EXPECT_EQ(step.kind, Kind::fail);
  EXPECT_EQ(step.trace_id, 2107);
  EXPECT_EQ(step.why, "a.test: refused (connection)");
}

TEST(NextStep, the_same_reason_reads_the_same_whatever_the_token) {
  auto why = [](const std::string& token) {
    Challenge failed{"http-01", "u", token, ChallengeStatus::invalid,
                     Problem{"connection", "Get \"http://a.test/" + token + "\": refused", "", "", {}}};
    return pending_order({authorization("a.test", AuthorizationStatus::invalid, {failed})}).why;
  };
  EXPECT_EQ(why("abc"), "a.test: Get \"http://a.test/…\": refused (connection)");
  EXPECT_EQ(why("abc"), why("xyz123"));
}

TEST(NextStep, another_order_may_succeed_where_the_ca_could_not_reach_us) {
  auto again = [](const std::optional<Problem>& error,
                  AuthorizationStatus status = AuthorizationStatus::invalid) {
    auto failed = http01("u", ChallengeStatus::invalid);
    failed.error = error;
    return pending_order({authorization("a.test", status, {failed})}).again;
  };
  for (const auto* type : {"connection", "dns", "tls", "serverInternal"})
    EXPECT_TRUE(again(Problem{type, "", "", "", {}}));
  for (const auto* type : {"unauthorized", "incorrectResponse", "caa"})
    EXPECT_FALSE(again(Problem{type, "", "", "", {}}));
  EXPECT_TRUE(again(std::nullopt, AuthorizationStatus::expired));
  EXPECT_FALSE(again(std::nullopt, AuthorizationStatus::revoked));
  auto dead = order(OrderStatus::invalid);
  EXPECT_TRUE(next_step(dead, {}, {}).again) << "it has expired";
  dead.error = Problem{"badCSR", "", "", "", {}};
  EXPECT_FALSE(next_step(dead, {}, {}).again);
}

TEST(NextStep, an_invalid_order_fails_with_its_own_words_if_no_name_is_lost) {
  auto dead = order(OrderStatus::invalid);
  EXPECT_EQ(next_step(dead, {}, {}).why, "the CA has made the order invalid");
  dead.error = Problem{"serverInternal", "broken", "", "", {}};
  EXPECT_EQ(next_step(dead, {}, {}).why, "broken (serverInternal)");
  EXPECT_EQ(next_step(dead, {}, {}).trace_id, 2103);
}

}  // namespace
}  // namespace certfleet::order
