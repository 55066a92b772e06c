// The transport of ACME against a scripted server.
#include "workers/order/acme_client.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "lib/pki/text.h"
#include "tests/support/failure.h"

namespace certfleet::order {
namespace {

using namespace std::chrono_literals;
using certfleet::testing::expect_says;
using certfleet::testing::failure_of;
using nlohmann::json;

constexpr const char* bad_nonce = R"({"type":"urn:ietf:params:acme:error:badNonce","detail":"used"})";

class ScriptedWeb final : public Web {
 public:
  net::HttpResponse send(const net::HttpRequest& request, Deadline, std::stop_token) override {
    requests.push_back(request);
    if (request.method == "HEAD") return {200, {{"replay-nonce", "head" + std::to_string(++heads)}}, ""};
    if (request.method == "GET")
      return {
          200,
          {},
          R"({"newNonce":"https://ca.test/n","newAccount":"https://ca.test/a","newOrder":"https://ca.test/o"})"};
    return answer(request);
  }
  std::string nonce_of(std::size_t at) const { return header(at).at("nonce"); }
  json header(std::size_t at) const {
    auto jws = json::parse(requests.at(at).body);
    return json::parse(pki::from_base64url(jws.at("protected").get<std::string>()).value());
  }

  std::function<net::HttpResponse(const net::HttpRequest&)> answer = [](const auto&) {
    return net::HttpResponse{200, {}, "{}"};
  };
  std::vector<net::HttpRequest> requests;
  int heads = 0;
};

class Client : public ::testing::Test {
 protected:
  Answer post() { return client_.post("newOrder", "https://ca.test/o", "https://ca.test/account/1", "{}"); }

  ScriptedWeb web_;
  SystemClock clock_;
  pki::PrivateKey key_ = pki::PrivateKey::generate(pki::KeyAlgorithm::ecdsa_p256);
  AcmeClient client_{web_, clock_, key_, {"https://ca.test/dir", Deadline::in(1min), {}}};
};

TEST_F(Client, signs_for_the_url_with_a_nonce_and_the_account) {
  post();
  ASSERT_EQ(web_.requests.size(), 3U);
  EXPECT_EQ(web_.requests[0].url, "https://ca.test/dir");
  EXPECT_EQ(web_.requests[1].method, "HEAD");
  auto header = web_.header(2);
  EXPECT_EQ(header.at("nonce"), "head1");
  EXPECT_EQ(header.at("url"), "https://ca.test/o");
  EXPECT_EQ(header.at("kid"), "https://ca.test/account/1");
  EXPECT_FALSE(header.contains("jwk"));
}

TEST_F(Client, sends_the_key_itself_while_there_is_no_account) {
  client_.post("newAccount", "https://ca.test/a", "", "{}");
  EXPECT_TRUE(web_.header(2).contains("jwk"));
  EXPECT_FALSE(web_.header(2).contains("kid"));
}

TEST_F(Client, uses_each_nonce_once_and_takes_the_one_of_the_last_answer) {
  web_.answer = [](const auto&) { return net::HttpResponse{200, {{"replay-nonce", "next"}}, "{}"}; };
  post();
  web_.answer = [](const auto&) { return net::HttpResponse{200, {}, "{}"}; };
  post();
  post();
  EXPECT_EQ(web_.nonce_of(2), "head1");
  EXPECT_EQ(web_.nonce_of(3), "next");
  EXPECT_EQ(web_.nonce_of(5), "head2");
}

TEST_F(Client, ignores_a_nonce_that_is_none) {
  web_.answer = [](const auto&) { return net::HttpResponse{200, {{"replay-nonce", "not a nonce"}}, "{}"}; };
  post();
  post();
  EXPECT_EQ(web_.heads, 2);
}

TEST_F(Client, repeats_with_the_nonce_of_the_refusal) {
  int calls = 0;
  web_.answer = [&](const auto&) {
    return ++calls < 3 ? net::HttpResponse{400, {{"replay-nonce", "n" + std::to_string(calls)}}, bad_nonce}
                       : net::HttpResponse{201, {{"location", "https://ca.test/order/1"}}, "{}"};
  };
  auto answer = post();
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.location, "https://ca.test/order/1");
  EXPECT_EQ(web_.nonce_of(3), "n1");
  EXPECT_EQ(web_.nonce_of(4), "n2");
  EXPECT_EQ(web_.heads, 1);
}

TEST_F(Client, gives_up_on_nonces_after_ten_repetitions) {
  int calls = 0;
  web_.answer = [&](const auto&) {
    return ++calls, net::HttpResponse{400, {{"replay-nonce", "n"}}, bad_nonce};
  };
  auto answer = post();
  EXPECT_EQ(calls, 11);
  auto failure = failure_of([&] { require_good("newOrder", answer); });
  EXPECT_EQ(failure.fault(), Fault::retry);
  EXPECT_EQ(failure.trace_id(), 2121);
}

TEST_F(Client, does_not_repeat_anything_else) {
  int calls = 0;
  web_.answer = [&](const auto&) { return ++calls, net::HttpResponse{500, {{"retry-after", "7"}}, ""}; };
  auto answer = post();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(answer.retry_after, 7s);
}

TEST_F(Client, tells_when_the_directory_is_none) {
  web_.answer = [](const auto&) { return net::HttpResponse{}; };
  class Other final : public Web {
    net::HttpResponse send(const net::HttpRequest&, Deadline, std::stop_token) override {
      return {200, {}, "<html>"};
    }
  } other;
  AcmeClient client(other, clock_, key_, {"https://ca.test/dir", Deadline::in(1min), {}});
  auto failure = failure_of([&] { client.directory(); });
  EXPECT_EQ(failure.fault(), Fault::permanent);
  expect_says(failure, "https://ca.test/dir: the CA's directory is no JSON object");
}

TEST_F(Client, names_the_request_when_the_way_is_blocked) {
  class Blocked final : public Web {
    net::HttpResponse send(const net::HttpRequest&, Deadline, std::stop_token) override {
      throw Failure(Fault::unreachable, "ca.test: connection refused");
    }
  } blocked;
  AcmeClient client(blocked, clock_, key_, {"https://ca.test/dir", Deadline::in(1min), {}});
  auto failure = failure_of([&] { client.directory(); });
  EXPECT_EQ(failure.fault(), Fault::unreachable);
  EXPECT_EQ(failure.trace_id(), 2103);
  EXPECT_STREQ(failure.what(), "directory: ca.test: connection refused");
}

}  // namespace
}  // namespace certfleet::order
