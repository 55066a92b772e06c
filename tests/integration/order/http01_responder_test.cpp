#include "workers/order/http01_responder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "lib/net/http.h"
#include "tests/support/database/database.h"
#include "tests/support/failure.h"

namespace certfleet::order {
namespace {

class Responder : public ::testing::Test {
 protected:
  Responder() {
    db_.sql(
        "INSERT INTO user_group (name) VALUES ('web');"
        "INSERT INTO ca_account (name, kind, directory_url) VALUES ('ca', 'acme', 'https://ca.test/dir');"
        "INSERT INTO service (name, group_id, common_name, ca_account_id) VALUES ('shop', 1, 'shop.test', 1);"
        "INSERT INTO ca_order (service_id, ca_account_id, state) VALUES (1, 1, 'placed');"
        "INSERT INTO acme_challenge (token, key_authorization, order_id) VALUES ('tok_en-1', "
        "'tok_en-1.print', 1)");
  }

  net::HttpResponse ask(const std::string& path, const std::string& method = "GET") {
    net::HttpOptions options;
    options.plain_http = true;
    net::HttpClient client(options);
    return client.send({method, fmt::format("http://127.0.0.1:{}{}", responder_.port(), path), {}, {}},
                       Deadline::in(std::chrono::seconds(10)));
  }

  certfleet::testing::TestDatabase db_;
  Http01Responder responder_{"127.0.0.1:0", db_.settings_as("certfleet_order")};
};

TEST_F(Responder, answers_a_known_token_with_its_key_authorization) {
  auto answer = ask("/.well-known/acme-challenge/tok_en-1");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "tok_en-1.print");
  EXPECT_EQ(ask("/.well-known/acme-challenge/tok_en-1", "HEAD").status, 200);
}

TEST_F(Responder, knows_nothing_else) {
  for (const auto* path :
       {"/", "/.well-known/acme-challenge/", "/.well-known/acme-challenge/other",
        "/.well-known/acme-challenge/tok_en-1/x", "/.well-known/acme-challenge/tok_en-1?x",
        "/.well-known/acme-challenge/..%2f", "/.well-known/acme-challenge/'%20OR%20'1'='1"})
    EXPECT_EQ(ask(path).status, 404) << path;
  EXPECT_EQ(ask("/.well-known/acme-challenge/" + std::string(300, 'a')).status, 404);
  EXPECT_EQ(ask("/.well-known/acme-challenge/tok_en-1", "DELETE").status, 405);
}

TEST_F(Responder, says_so_when_the_database_is_away) {
  db_.sql("REVOKE SELECT ON acme_challenge FROM certfleet_order");
  EXPECT_EQ(ask("/.well-known/acme-challenge/tok_en-1").status, 503);
}

TEST_F(Responder, a_port_in_use_is_one_clear_line) {
  auto failure = certfleet::testing::failure_of(
      [&] { Http01Responder other(fmt::format("127.0.0.1:{}", responder_.port()), db_.settings()); });
  EXPECT_EQ(failure.fault(), Fault::conflict);
  certfleet::testing::expect_says(failure, "http01.listen: can't listen on 127.0.0.1:");
  certfleet::testing::expect_says(failure, "the port is in use");
}

TEST_F(Responder, an_address_that_is_none_is_one_clear_line) {
  auto failure =
      certfleet::testing::failure_of([&] { Http01Responder other("nowhere at all", db_.settings()); });
  EXPECT_EQ(failure.fault(), Fault::usage);
  certfleet::testing::expect_says(failure, "http01.listen: can't listen on nowhere at all");
}

}  // namespace
}  // namespace certfleet::order
