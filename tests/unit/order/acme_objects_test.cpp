#include "workers/order/acme_objects.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/failure.h"

namespace certfleet::order {
namespace {

using certfleet::testing::expect_says;
using certfleet::testing::failure_of;
using nlohmann::json;

const json directory = {{"newNonce", "https://ca.test/nonce"},
                        {"newAccount", "https://ca.test/account"},
                        {"newOrder", "https://ca.test/order"},
                        {"meta", {{"externalAccountRequired", true}}}};
const json order = {{"status", "valid"},
                    {"authorizations", {"https://ca.test/authz/1", "https://ca.test/authz/2"}},
                    {"finalize", "https://ca.test/finalize/1"},
                    {"certificate", "https://ca.test/certificate/1"}};
const json challenge = {
    {"type", "http-01"}, {"url", "https://ca.test/chall/1"}, {"token", "abc_-9"}, {"status", "pending"}};
const json authorization = {{"status", "pending"},
                            {"identifier", {{"type", "dns"}, {"value", "a.test"}}},
                            {"wildcard", true},
                            {"challenges", {challenge, {{"type", "later-01"}, {"status", "pending"}}}}};

template <class Parse>
void expect_refused(const json& text, Parse&& parse, std::string_view reason) {
  auto failure = failure_of([&] { parse(text.dump()); });
  EXPECT_EQ(failure.fault(), Fault::permanent);
  EXPECT_EQ(failure.trace_id(), 2105);
  expect_says(failure, reason);
}

json without(json object, const char* key) {
  object.erase(key);
  return object;
}
json with(json object, const char* key, const json& value) {
  object[key] = value;
  return object;
}

TEST(AcmeObjects, a_directory_tells_where_to_send_what) {
  auto parsed = parse_directory(directory.dump());
  EXPECT_EQ(parsed.new_order, "https://ca.test/order");
  EXPECT_TRUE(parsed.external_account_required);
  EXPECT_FALSE(parse_directory(without(directory, "meta").dump()).external_account_required);
  expect_refused(without(directory, "newOrder"), parse_directory, "the CA's directory has no newOrder");
  expect_refused(with(directory, "newNonce", "http://ca.test"), parse_directory,
                 "newNonce that is no https address");
  expect_refused(json::array(), parse_directory, "the CA's directory is no JSON object");
}

TEST(AcmeObjects, an_order_has_its_state_and_addresses) {
  auto parsed = parse_order(order.dump());
  EXPECT_EQ(parsed.status, OrderStatus::valid);
  EXPECT_EQ(parsed.authorizations.size(), 2U);
  EXPECT_EQ(parsed.certificate, "https://ca.test/certificate/1");
  for (const auto* status : {"pending", "ready", "processing", "invalid"})
    EXPECT_EQ(to_string(parse_order(with(without(order, "certificate"), "status", status).dump()).status),
              status);
}

TEST(AcmeObjects, an_order_that_lacks_something_is_refused) {
  expect_refused(with(order, "status", "done"), parse_order, "has the unknown status \"done\"");
  expect_refused(without(order, "certificate"), parse_order, "has no certificate");
  expect_refused(without(order, "finalize"), parse_order, "has no finalize");
  expect_refused(with(order, "authorizations", json::object()), parse_order, "has no list of authorizations");
  expect_refused(with(order, "authorizations", json::array({1})), parse_order,
                 "has an authorization that is no address");
  expect_refused(with(order, "authorizations", std::vector<std::string>(1000, "https://ca.test/x")),
                 parse_order, "has 1000 authorizations");
}

TEST(AcmeObjects, the_reason_of_a_dead_order_is_kept) {
  auto dead = with(with(without(order, "certificate"), "status", "invalid"), "error",
                   {{"type", "urn:ietf:params:acme:error:caa"}, {"detail", "barred"}});
  EXPECT_EQ(parse_order(dead.dump()).error->words(), "barred (caa)");
}

TEST(AcmeObjects, an_authorization_has_its_name_and_the_challenges_that_we_can_read) {
  auto parsed = parse_authorization(authorization.dump());
  EXPECT_EQ(parsed.name, "a.test");
  EXPECT_TRUE(parsed.wildcard);
  ASSERT_EQ(parsed.challenges.size(), 1U) << "one without a token is not for us";
  EXPECT_EQ(parsed.challenges[0].token, "abc_-9");
  expect_refused(without(authorization, "identifier"), parse_authorization, "has no identifier");
  expect_refused(with(authorization, "challenges", json::array({1})), parse_authorization,
                 "has a challenge that is no object");
}

TEST(AcmeObjects, a_token_is_base64url) {
  EXPECT_TRUE(is_token("aZ09-_"));
  for (const auto* text : {"", "a.b", "a/b", "a=", "a b", "../x", "ä"}) EXPECT_FALSE(is_token(text)) << text;
  EXPECT_FALSE(is_token(std::string(257, 'a')));
  auto hostile = with(challenge, "token", "../../etc/passwd");
  expect_refused(with(authorization, "challenges", json::array({hostile})), parse_authorization,
                 "has a malformed token");
}

TEST(AcmeObjects, payloads_are_what_the_rfc_asks_for) {
  EXPECT_EQ(json::parse(new_account_payload("a@b.test")),
            json::parse(R"({"termsOfServiceAgreed":true,"contact":["mailto:a@b.test"]})"));
  EXPECT_EQ(json::parse(new_account_payload(std::nullopt)), json::parse(R"({"termsOfServiceAgreed":true})"));
  EXPECT_EQ(
      json::parse(new_order_payload({"a.test", "b.test"})),
      json::parse(R"({"identifiers":[{"type":"dns","value":"a.test"},{"type":"dns","value":"b.test"}]})"));
  EXPECT_EQ(json::parse(finalize_payload("\xfb\xff")), json::parse(R"({"csr":"-_8"})"));
}

// As many levels as a whole answer can have: what recursed over them would use up the stack.
TEST(AcmeObjects, an_error_of_any_depth_is_read) {
  constexpr std::size_t levels = 500'000;
  auto deep = "{\"type\":\"urn:ietf:params:acme:error:dns\",\"detail\":\"no such name\",\"more\":" +
              std::string(levels, '[') + std::string(levels, ']') + "}";
  auto text = with(order, "error", "@").dump();
  text.replace(text.find("\"@\""), 3, deep);
  auto parsed = parse_order(text);
  ASSERT_TRUE(parsed.error);
  EXPECT_EQ(parsed.error->words(), "no such name (dns)");
  EXPECT_EQ(parse_problem(deep)->type, "dns");
}

TEST(AcmeObjects, an_error_that_is_no_object_is_none) {
  for (const json& error : {json("x"), json(1), json::array({1}), json(nullptr), json::object()})
    EXPECT_FALSE(parse_order(with(order, "error", error).dump()).error) << error;
}

}  // namespace
}  // namespace certfleet::order
