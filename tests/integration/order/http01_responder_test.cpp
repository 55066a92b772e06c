#include "workers/order/http01_responder.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/net/http.h"
#include "tests/support/database/database.h"
#include "tests/support/eventually.h"
#include "tests/support/failure.h"

namespace certfleet::order {
namespace {

using namespace std::chrono_literals;
using certfleet::testing::eventually;

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

  net::HttpResponse ask(const std::string& path, const std::string& method = "GET", unsigned short port = 0) {
    net::HttpOptions options;
    options.plain_http = true;
    net::HttpClient client(options);
    auto url = fmt::format("http://127.0.0.1:{}{}", port != 0 ? port : responder_.port(), path);
    return client.send({method, url, {}, {}}, Deadline::in(std::chrono::seconds(10)));
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

// Clients that send a byte now and then, from several addresses.
class SlowClients {
 public:
  explicit SlowClients(unsigned short port) : port_(port) {}
  ~SlowClients() {
    for (int fd : fds_) ::close(fd);
  }

  void connect(int count, const char* from) {
    for (int i = 0; i < count; ++i) {
      int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      fds_.push_back(fd);
      auto mine = address(from, 0);
      auto to = address("127.0.0.1", port_);
      ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&mine), sizeof mine), 0);
      ASSERT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
    }
    say("GET /");
  }
  void say(std::string_view text) const {
    for (int fd : fds_) [[maybe_unused]] auto sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
  }
  // How many the server has not hung up on.
  int alive() const {
    int count = 0;
    for (int fd : fds_) {
      char byte;
      count += ::recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && errno == EAGAIN ? 1 : 0;
    }
    return count;
  }

 private:
  static sockaddr_in address(const char* host, unsigned short port) {
    sockaddr_in made{};
    made.sin_family = AF_INET;
    made.sin_port = htons(port);
    ::inet_pton(AF_INET, host, &made.sin_addr);
    return made;
  }
  unsigned short port_;
  std::vector<int> fds_;
};

TEST_F(Responder, a_request_has_so_much_time_in_all) {
  OpenConnections::Limits limits;
  limits.whole = 1500ms;
  Http01Responder responder("127.0.0.1:0", db_.settings_as("certfleet_order"), limits);
  SlowClients slow(responder.port());
  slow.connect(3, "127.0.0.1");
  auto begin = Monotonic::now();
  EXPECT_TRUE(eventually(10s, [&] {
    slow.say("x");  // never silent for long
    return slow.alive() == 0;
  }));
  EXPECT_GE(Monotonic::now() - begin, 1s);
}

TEST_F(Responder, slow_clients_make_way_for_others) {
  SlowClients slow(responder_.port());
  for (const char* from : {"127.0.0.2", "127.0.0.3", "127.0.0.4"}) slow.connect(20, from);
  ASSERT_TRUE(eventually(2s, [&] { return slow.alive() == 60; }));
  auto begin = Monotonic::now();
  EXPECT_EQ(ask("/.well-known/acme-challenge/tok_en-1").status, 200);
  EXPECT_LE(Monotonic::now() - begin, 4s) << "a CA waits some seconds";
  EXPECT_LE(slow.alive(), 16);
}

TEST_F(Responder, one_peer_gets_so_many_connections_and_others_theirs) {
  OpenConnections::Limits limits;
  limits.of_peer = 5;
  Http01Responder responder("127.0.0.1:0", db_.settings_as("certfleet_order"), limits);
  SlowClients slow(responder.port());
  slow.connect(30, "127.0.0.2");
  EXPECT_TRUE(eventually(5s, [&] { return slow.alive() == 5; })) << slow.alive();
  EXPECT_EQ(ask("/.well-known/acme-challenge/tok_en-1", "GET", responder.port()).status, 200);
}

TEST_F(Responder, connections_that_ended_count_no_more) {
  OpenConnections::Limits limits;
  limits.of_peer = 2;
  Http01Responder responder("127.0.0.1:0", db_.settings_as("certfleet_order"), limits);
  for (int n = 0; n < 10; ++n)
    EXPECT_TRUE(eventually(5s, [&] {
      try {
        return ask("/.well-known/acme-challenge/tok_en-1", "GET", responder.port()).status == 200;
      } catch (const Failure&) {
        return false;  // the last one is being closed
      }
    }));
}

TEST_F(Responder, an_end_waits_for_no_slow_client) {
  auto responder = std::make_unique<Http01Responder>("127.0.0.1:0", db_.settings_as("certfleet_order"));
  SlowClients slow(responder->port());
  slow.connect(10, "127.0.0.2");
  ASSERT_EQ(ask("/.well-known/acme-challenge/tok_en-1", "GET", responder->port()).status, 200) << "they came first";
  ASSERT_EQ(slow.alive(), 10);
  auto begin = Monotonic::now();
  responder.reset();
  EXPECT_LE(Monotonic::now() - begin, 3s);
}

}  // namespace
}  // namespace certfleet::order
