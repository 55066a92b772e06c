#include "workers/order/acme_problem.h"

#include <gtest/gtest.h>

namespace certfleet::order {
namespace {

using namespace std::chrono_literals;

Failure of(int status, const std::string& type,
           std::optional<std::chrono::seconds> retry_after = std::nullopt) {
  return failure_of("newOrder", status,
                    parse_problem(R"({"type":"urn:ietf:params:acme:error:)" + type + R"(","detail":"why"})"),
                    retry_after);
}

TEST(AcmeProblem, is_read_without_the_prefix_of_acme) {
  auto problem = parse_problem(R"({"type":"urn:ietf:params:acme:error:caa","detail":"no"})");
  ASSERT_TRUE(problem);
  EXPECT_TRUE(problem->is("caa"));
  EXPECT_EQ(problem->words(), "no (caa)");
  EXPECT_EQ(parse_problem(R"({"type":"urn:other:thing","detail":"no"})")->words(), "no (urn:other:thing)");
}

TEST(AcmeProblem, is_none_if_the_text_is_no_problem_document) {
  for (const auto* text : {"", "<html>", "[]", "null", "{}", R"({"detail":"x"})"})
    EXPECT_FALSE(parse_problem(text)) << text;
}

TEST(AcmeProblem, tells_its_subproblems_with_their_names) {
  auto problem = parse_problem(
      R"({"type":"urn:ietf:params:acme:error:compound","detail":"several","subproblems":[)"
      R"({"type":"urn:ietf:params:acme:error:dns","detail":"no A","identifier":{"type":"dns","value":"a.test"}},)"
      R"({"type":"urn:ietf:params:acme:error:caa","detail":"barred"}]})");
  EXPECT_EQ(problem->words(), "several; a.test: no A (dns); barred (caa) (compound)");
}

TEST(AcmeProblem, is_one_line_of_limited_length_whatever_the_ca_says) {
  Problem problem;
  problem.detail = "first\nsecond\x1b[31m" + std::string(10'000, 'x');
  auto words = problem.words();
  EXPECT_EQ(words.find_first_of("\n\x1b"), std::string::npos);
  EXPECT_LT(words.size(), 410U);
}

TEST(AcmeProblem, wrong_types_of_members_are_nothing) {
  auto problem = parse_problem(R"({"type":1,"detail":[],"subproblems":{},"identifier":3})");
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->words(), "");
}

TEST(AcmeFailure, a_rate_limit_waits_as_long_as_asked_or_an_hour) {
  EXPECT_EQ(of(429, "rateLimited", 90s).retry_after(), 90s);
  EXPECT_EQ(of(429, "rateLimited").retry_after(), 1h);
  EXPECT_EQ(of(400, "rateLimited").fault(), Fault::retry);
  EXPECT_EQ(failure_of("newOrder", 429, {}, {}).retry_after(), 1h);
  EXPECT_EQ(of(429, "rateLimited").trace_id(), 2120);
}

TEST(AcmeFailure, what_may_pass_is_tried_again) {
  for (int status : {408, 500, 502, 503, 504})
    EXPECT_EQ(failure_of("order", status, {}, {}).fault(), Fault::retry);
  EXPECT_EQ(of(400, "serverInternal").fault(), Fault::retry);
  EXPECT_EQ(of(400, "badNonce").fault(), Fault::retry);
  EXPECT_EQ(of(403, "orderNotReady").fault(), Fault::retry);
  EXPECT_EQ(failure_of("order", 503, {}, 20s).retry_after(), 20s);
  EXPECT_EQ(failure_of("order", 503, {}, {}).retry_after(), std::nullopt);
}

TEST(AcmeFailure, what_the_ca_refuses_is_not_tried_again) {
  for (const auto* type :
       {"rejectedIdentifier", "badCSR", "caa", "malformed", "unsupportedIdentifier", "badPublicKey"})
    EXPECT_EQ(of(400, type).fault(), Fault::permanent) << type;
  EXPECT_EQ(of(403, "unauthorized").fault(), Fault::denied);
  EXPECT_EQ(failure_of("order", 404, {}, {}).fault(), Fault::permanent);
  EXPECT_EQ(failure_of("order", 302, {}, {}).fault(), Fault::permanent);
}

TEST(AcmeFailure, names_the_request_and_the_reason) {
  EXPECT_STREQ(of(400, "caa").what(), "newOrder: why (caa)");
  EXPECT_STREQ(failure_of("order", 404, {}, {}).what(), "order: the CA answered with HTTP status 404");
}

TEST(AcmeFailure, changed_terms_name_the_page_to_read) {
  auto problem =
      parse_problem(R"({"type":"urn:ietf:params:acme:error:userActionRequired","detail":"terms changed",)"
                    R"("instance":"https://ca.test/terms"})");
  auto failure = failure_of("newOrder", 403, problem, {});
  EXPECT_EQ(failure.fault(), Fault::denied);
  EXPECT_STREQ(failure.what(), "newOrder: terms changed (userActionRequired), see https://ca.test/terms");
}

}  // namespace
}  // namespace certfleet::order
