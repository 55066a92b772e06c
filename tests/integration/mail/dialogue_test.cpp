// What SMTP's conversation does when the server refuses, hesitates, lies or leaves.
#include <gtest/gtest.h>

#include <future>

#include "tests/integration/mail/scripted_server.h"
#include "tests/support/failure.h"
#include "workers/mail/smtp.h"

namespace certfleet::mail {
namespace {

using namespace std::chrono_literals;
using testing::failure_of;
using testing::ScriptedServer;
using Says = std::vector<std::string>;

Server at(int port) {
  Server server;
  server.host = "127.0.0.1";
  server.port = port;
  return server;
}

Server with_credentials(int port) {
  auto server = at(port);
  server.user = "mailer";
  server.password = pki::Secret::of("very-secret");
  return server;
}

const Envelope two{"a@demo.test", {"b@demo.test"}, {"c@demo.test"}, "<1@x>", WallTime()};

Failure failure_at(const Server& server, Deadline deadline = Deadline::in(10s)) {
  return failure_of([&] { send(server, two, {"s", "b"}, deadline); });
}

std::vector<std::string> commands(const std::vector<std::string>& heard) {
  std::vector<std::string> words;
  for (const auto& line : heard)
    words.push_back(line.substr(0, line.find(' ')));
  return words;
}

TEST(Dialogue, goes_its_way_in_the_clear_without_credentials) {
  ScriptedServer server({"220 hi\r\n", "250 mx\r\n", "250 ok\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n",
                         "250 stored\r\n", "221 bye\r\n"});
  auto sent = send(at(server.port()), two, {"s", "b"}, Deadline::in(10s));
  EXPECT_FALSE(sent.encrypted);
  EXPECT_EQ(sent.recipients, 2);
  EXPECT_TRUE(sent.refused.empty());
  const auto& heard = server.heard();
  EXPECT_EQ(heard[1], "MAIL FROM:<a@demo.test>");
  EXPECT_EQ(heard[2], "RCPT TO:<b@demo.test>");
  EXPECT_EQ(heard[3], "RCPT TO:<c@demo.test>");
  EXPECT_EQ(heard.back(), "QUIT");
}

TEST(Dialogue, sends_no_credentials_without_starttls) {
  ScriptedServer server({"220 hi\r\n", "250-mx\r\n250 AUTH PLAIN LOGIN\r\n"});
  auto failure = failure_at(with_credentials(server.port()));
  EXPECT_EQ(failure.fault(), Fault::denied);
  EXPECT_EQ(failure.trace_id(), 2201);
  testing::expect_says(failure, "STARTTLS");
  EXPECT_EQ(server.heard().size(), 1u);  // EHLO
}

TEST(Dialogue, sends_no_credentials_when_starttls_is_refused) {
  ScriptedServer server({"220 hi\r\n", "250-mx\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n", "454 not now\r\n"});
  EXPECT_EQ(failure_at(with_credentials(server.port())).fault(), Fault::retry);
  EXPECT_EQ(commands(server.heard()), (Says{"EHLO", "STARTTLS"}));
}

TEST(Dialogue, takes_nothing_said_in_the_clear_for_said_over_tls) {
  ScriptedServer server({"220 hi\r\n", "250-mx\r\n250 STARTTLS\r\n", "220 go\r\n250-mx\r\n250 AUTH PLAIN\r\n"});
  auto failure = failure_at(with_credentials(server.port()));
  EXPECT_TRUE(failure.transient());
  testing::expect_says(failure, "in the clear");
  EXPECT_EQ(commands(server.heard()), (Says{"EHLO", "STARTTLS"}));
}

TEST(Dialogue, goes_on_with_the_other_recipients_when_one_is_refused) {
  ScriptedServer server({"220 hi\r\n", "250 mx\r\n", "250 ok\r\n", "550 nobody\r\n", "250 ok\r\n", "354 go\r\n",
                         "250 stored\r\n"});
  auto sent = send(at(server.port()), two, {"s", "b"}, Deadline::in(10s));
  EXPECT_EQ(sent.recipients, 1);
  ASSERT_EQ(sent.refused.size(), 1u);
  EXPECT_NE(sent.refused[0].find("b@demo.test"), std::string::npos);
}

TEST(Dialogue, is_tried_again_if_any_of_all_refused_recipients_may_pass) {
  ScriptedServer later({"220 hi\r\n", "250 mx\r\n", "250 ok\r\n", "450 later\r\n", "550 nobody\r\n"});
  EXPECT_EQ(failure_at(at(later.port())).fault(), Fault::retry);
  ScriptedServer never({"220 hi\r\n", "250 mx\r\n", "250 ok\r\n", "550 nobody\r\n", "550 nobody\r\n"});
  EXPECT_EQ(failure_at(at(never.port())).fault(), Fault::permanent);
}

TEST(Dialogue, says_by_the_answers_class_whether_to_try_again) {
  for (auto [code, fault] : {std::pair{"421", Fault::retry}, std::pair{"550", Fault::permanent}}) {
    Says good{"220 hi\r\n", "250 mx\r\n", "250 ok\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n", "250 stored\r\n"};
    for (std::size_t step : {0u, 1u, 2u, 5u, 6u}) {
      Says says(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(step));
      says.push_back(std::string(code) + " no\r\n");
      ScriptedServer server(says);
      auto failure = failure_at(at(server.port()));
      EXPECT_EQ(failure.fault(), fault) << "at step " << step << ": " << failure.what();
      EXPECT_EQ(failure.trace_id(), 2201);
    }
  }
}

TEST(Dialogue, is_tried_again_when_the_server_leaves_at_any_step) {
  Says good{"220 hi\r\n", "250 mx\r\n", "250 ok\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n"};
  for (std::size_t step = 0; step <= good.size(); ++step) {
    ScriptedServer server(Says(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(step)),
                          ScriptedServer::End::close);
    auto failure = failure_at(at(server.port()));
    EXPECT_EQ(failure.fault(), Fault::unreachable) << "at step " << step << ": " << failure.what();
    EXPECT_EQ(failure.trace_id(), 2201);
  }
}

TEST(Dialogue, ends_at_the_deadline_at_any_step) {
  Says good{"220 hi\r\n", "250-mx\r\n250 STARTTLS\r\n", "220 now\r\n"};
  for (std::size_t step = 0; step <= good.size(); ++step) {
    ScriptedServer server(Says(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(step)));
    auto begin = Monotonic::now();
    EXPECT_EQ(failure_at(at(server.port()), Deadline::in(300ms)).fault(), Fault::unreachable) << "at step " << step;
    EXPECT_LT(Monotonic::now() - begin, 3s) << "at step " << step;
  }
}

TEST(Dialogue, ends_at_the_deadline_with_a_server_that_never_ends_its_answer) {
  // Each line of these would begin a wait of its own if only single reads were limited.
  ScriptedServer server({"220-a\r\n220-b\r\n220-c"});
  auto begin = Monotonic::now();
  EXPECT_EQ(failure_at(at(server.port()), Deadline::in(300ms)).fault(), Fault::unreachable);
  EXPECT_LT(Monotonic::now() - begin, 3s);
}

TEST(Dialogue, ends_when_a_stop_is_asked_for) {
  ScriptedServer silent({});
  std::stop_source stop;
  auto failing = std::async(std::launch::async, [&] {
    return failure_of([&] { send(at(silent.port()), two, {"s", "b"}, Deadline::in(60s), stop.get_token()); });
  });
  stop.request_stop();
  EXPECT_EQ(failing.wait_for(10s), std::future_status::ready);
  EXPECT_EQ(failing.get().fault(), Fault::retry);
}

TEST(Dialogue, with_nobody_is_unreachable) {
  auto failure = failure_at(at(1));
  EXPECT_EQ(failure.fault(), Fault::unreachable);
  EXPECT_EQ(failure.trace_id(), 2201);
}

}  // namespace
}  // namespace certfleet::mail
