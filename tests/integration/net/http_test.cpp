#include "lib/net/http.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>

#include "lib/base/file.h"
#include "tests/integration/net/servers.h"
#include "tests/support/failure.h"
#include "tests/support/free_port.h"
#include "tests/support/issuer/issuer.h"

namespace certfleet::net {
namespace {

using namespace std::chrono_literals;
using certfleet::testing::expect_says;
using certfleet::testing::failure_of;
using certfleet::testing::Issuer;
using testing::Identity;
using testing::Proxy;
using testing::read_request;
using testing::ScriptedServer;
using testing::SilentServer;
using testing::TempDir;
using testing::TlsServer;
using testing::write_text;
using Values = std::vector<std::string>;

constexpr auto ample = 20s;
constexpr std::string_view empty_answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

std::string url_of(const Address& address, const std::string& path = "/", const char* scheme = "http") {
  return std::string(scheme) + "://" + to_string(address) + path;
}

HttpResponse get(HttpOptions options, const std::string& url, Monotonic::duration limit = ample) {
  return HttpClient(std::move(options)).send({.url = url}, Deadline::in(limit));
}

HttpOptions plain() {
  HttpOptions options;
  options.plain_http = true;
  return options;
}

class Https : public ::testing::Test {
 protected:
  pki::PrivateKey key_ = pki::PrivateKey::generate(pki::KeyAlgorithm::ecdsa_p256);
  Issuer root_ = Issuer::root("Root");
  TempDir dir_{"https"};
  Identity local_{dir_, "local",
                  root_.issue({.common_name = "localhost", .sans = {"DNS:localhost", "IP:127.0.0.1"}}, key_),
                  key_};

  HttpOptions trusting(const Issuer& issuer) const {
    HttpOptions options;
    options.ca_pem = issuer.certificate().pem();
    return options;
  }
  void serve(const std::string& name, const std::string& content) { write_file(dir_ / name, content, 0644); }
};

TEST_F(Https, a_server_of_the_trusted_ca_answers) {
  TlsServer server(dir_, local_, {"-HTTP"});
  serve("thing",
        "HTTP/1.1 201 Created\r\nRetry-After: 5\r\nX-Two: a\r\nx-two:  b \r\nConnection: close\r\n\r\nhello");
  auto answer = get(trusting(root_), url_of(server.address(), "/thing", "https"));
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.body, "hello");
  EXPECT_EQ(answer.header("retry-after"), "5");
  EXPECT_EQ(answer.all("x-two"), (Values{"a", "b"}));
  EXPECT_FALSE(answer.header("x-three"));
}

TEST_F(Https, a_server_of_another_ca_is_not_trusted) {
  TlsServer server(dir_, local_, {"-WWW"});
  auto failure =
      failure_of([&] { get(trusting(Issuer::root("Root")), url_of(server.address(), "/", "https")); });
  EXPECT_EQ(failure.fault(), Fault::permanent);
  expect_says(failure, to_string(server.address()));
  expect_says(failure, "certificate");
}

TEST_F(Https, without_a_ca_the_systems_store_decides) {
  TlsServer server(dir_, local_, {"-WWW"});
  EXPECT_EQ(failure_of([&] { get({}, url_of(server.address(), "/", "https")); }).fault(), Fault::permanent);
}

TEST_F(Https, a_certificate_for_another_name_is_not_trusted) {
  Identity other(dir_, "other", root_.issue_for("other.test", key_), key_);
  TlsServer server(dir_, other, {"-WWW"});
  auto failure = failure_of([&] { get(trusting(root_), url_of(server.address(), "/", "https")); });
  EXPECT_EQ(failure.fault(), Fault::permanent);
}

TEST_F(Https, protocols_older_than_tls_1_2_are_not_spoken) {
  auto rsa = pki::PrivateKey::generate(pki::KeyAlgorithm::rsa_2048);
  Identity own(dir_, "rsa", root_.issue({.common_name = "x", .sans = {"IP:127.0.0.1"}}, rsa), rsa);
  TlsServer server(dir_, own, {"-WWW", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"});
  EXPECT_THROW(get(trusting(root_), url_of(server.address(), "/", "https")), Failure);
}

TEST_F(Https, a_ca_that_is_none_is_refused) {
  TlsServer server(dir_, local_, {"-WWW"});
  HttpOptions options;
  options.ca_pem = "nothing";
  EXPECT_EQ(failure_of([&] { get(options, url_of(server.address(), "/", "https")); }).fault(),
            Fault::permanent);
}

TEST_F(Https, it_goes_through_the_proxy_by_name) {
  TlsServer server(dir_, local_, {"-WWW"});
  serve("thing", "hello");
  Proxy proxy;
  auto options = trusting(root_);
  options.proxy = proxy.address();
  auto port = std::to_string(server.address().port);
  auto answer = get(options, "https://localhost:" + port + "/thing");
  EXPECT_EQ(answer.body, "hello");
  EXPECT_FALSE(answer.header("x-proxy")) << "the proxy's own headers are not the answer's";
  EXPECT_EQ(proxy.asked(), Values{"localhost:" + port});
}

TEST_F(Https, a_silent_server_is_left_at_the_deadline) {
  SilentServer server;
  auto start = Monotonic::now();
  auto failure = failure_of([&] { get(trusting(root_), url_of(server.address(), "/", "https"), 300ms); });
  EXPECT_LT(Monotonic::now() - start, 3s);
  EXPECT_TRUE(failure.transient());
  expect_says(failure, "in time");
}

TEST(Http, plain_http_is_spoken_only_if_asked_for) {
  ScriptedServer server([](int connection) {
    read_request(connection);
    write_text(connection, empty_answer);
  });
  EXPECT_EQ(get(plain(), url_of(server.address())).status, 200);
  auto failure = failure_of([&] { get({}, url_of(server.address())); });
  EXPECT_EQ(failure.fault(), Fault::permanent);
  expect_says(failure, "is not https");
}

TEST(Http, requests_arrive_as_they_were_given) {
  std::string seen;
  ScriptedServer server([&](int connection) {
    seen = read_request(connection);
    write_text(connection, empty_answer);
  });
  HttpClient client(plain());
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
    client.send({method, url_of(server.address(), "/a?b=c"), {{"X-One", "1"}, {"X-None", ""}}, "body"},
                Deadline::in(ample));
    EXPECT_TRUE(seen.starts_with(std::string(method) + " /a?b=c HTTP/1.1\r\n")) << seen;
    EXPECT_NE(seen.find("\r\nX-One: 1\r\n"), std::string::npos) << seen;
    EXPECT_NE(seen.find("\r\nX-None:\r\n"), std::string::npos) << seen;
    EXPECT_NE(seen.find("\r\nUser-Agent: certfleet/"), std::string::npos) << seen;
    EXPECT_EQ(seen.find("Content-Type"), std::string::npos) << seen;
    EXPECT_TRUE(seen.ends_with("\r\n\r\nbody")) << seen;
  }
  client.send({"POST",
               url_of(server.address()),
               {{"Content-Type", "application/jose+json"}},
               std::string(2'000'000, 'x')},
              Deadline::in(ample));
  EXPECT_NE(seen.find("\r\nContent-Type: application/jose+json\r\n"), std::string::npos);
  EXPECT_EQ(seen.find("Expect"), std::string::npos);
}

TEST(Http, a_head_has_headers_only) {
  ScriptedServer server([](int connection) {
    read_request(connection);
    write_text(connection, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\nReplay-Nonce: n\r\n\r\n");
  });
  auto answer = HttpClient(plain()).send({"HEAD", url_of(server.address()), {}, ""}, Deadline::in(ample));
  EXPECT_EQ(answer.header("replay-nonce"), "n");
  EXPECT_EQ(answer.body, "");
}

TEST(Http, every_status_is_an_answer_and_redirects_are_not_followed) {
  std::atomic<int> asked = 0;
  std::string status;
  ScriptedServer server([&](int connection) {
    ++asked;
    read_request(connection);
    write_text(connection, "HTTP/1.1 " + status + " X\r\nLocation: /else\r\nContent-Length: 4\r\n\r\nbody");
  });
  for (const char* each : {"302", "400", "404", "429", "500", "503"}) {
    status = each;
    auto answer = get(plain(), url_of(server.address()));
    EXPECT_EQ(answer.status, std::stoi(status));
    EXPECT_EQ(answer.body, "body");
  }
  EXPECT_EQ(asked, 6);
}

TEST(Http, an_interim_answer_leaves_no_headers) {
  ScriptedServer server([](int connection) {
    read_request(connection);
    write_text(connection, "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n");
    write_text(connection, empty_answer);
  });
  auto answer = get(plain(), url_of(server.address()));
  EXPECT_EQ(answer.status, 200);
  EXPECT_FALSE(answer.header("x-early"));
}

TEST(Http, a_body_over_the_limit_is_cut_off_told_or_not) {
  auto options = plain();
  options.body_bytes_max = 1000;
  std::string head;
  std::size_t bytes = 0;
  ScriptedServer server([&](int connection) {
    read_request(connection);
    write_text(connection, head + std::string(bytes, 'x'));
  });
  head = "HTTP/1.1 200 OK\r\n\r\n";
  bytes = 1000;
  EXPECT_EQ(get(options, url_of(server.address())).body.size(), 1000U);
  bytes = 1001;
  auto failure = failure_of([&] { get(options, url_of(server.address())); });
  EXPECT_EQ(failure.fault(), Fault::permanent);
  expect_says(failure, "larger than 1000 bytes");
  head = "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n";
  bytes = 0;
  expect_says(failure_of([&] { get(options, url_of(server.address())); }), "larger than 1000 bytes");
}

TEST(Http, headers_without_end_are_cut_off) {
  ScriptedServer server([](int connection) {
    read_request(connection);
    write_text(connection, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 10'000; ++i) write_text(connection, "X-Header: " + std::string(90, 'x') + "\r\n");
  });
  EXPECT_EQ(failure_of([&] { get(plain(), url_of(server.address())); }).fault(), Fault::permanent);
}

TEST(Http, an_answer_that_breaks_off_may_be_tried_again) {
  ScriptedServer server([](int connection) {
    read_request(connection);
    write_text(connection, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
  });
  EXPECT_EQ(failure_of([&] { get(plain(), url_of(server.address())); }).fault(), Fault::retry);
}

TEST(Http, what_changes_something_is_never_sent_twice) {
  std::atomic<int> posts = 0;
  ScriptedServer server([&](int connection) {
    // Answers the first and hangs up on the next one of a connection: as a server that restarts.
    if (read_request(connection).starts_with("POST")) {
      ++posts;
      return;
    }
    write_text(connection, empty_answer);
    if (read_request(connection).starts_with("POST")) ++posts;
  });
  HttpClient client(plain());
  client.send({.url = url_of(server.address())}, Deadline::in(ample));
  auto failure = failure_of([&] {
    client.send({"POST", url_of(server.address()), {}, "x"}, Deadline::in(ample));
  });
  EXPECT_EQ(failure.fault(), Fault::retry);
  EXPECT_EQ(posts, 1);
}

TEST(Http, a_refused_connection_and_an_unknown_name_are_unreachable) {
  Address nobody{"127.0.0.1", certfleet::testing::free_port()};
  auto refused = failure_of([&] { get(plain(), url_of(nobody)); });
  EXPECT_EQ(refused.fault(), Fault::unreachable);
  expect_says(refused, to_string(nobody));
  auto start = Monotonic::now();
  auto unknown = failure_of([] { get(plain(), "http://host.invalid/", 2s); });
  EXPECT_EQ(unknown.fault(), Fault::unreachable);
  expect_says(unknown, "host.invalid");
  EXPECT_LT(Monotonic::now() - start, 4s) << "giving up doesn't wait for the resolver";
}

TEST(Http, a_stop_ends_the_call_at_once) {
  std::stop_source stop;
  ScriptedServer server([&](int connection) {
    read_request(connection);
    // Nothing comes on the connection; but libcurl's own timers, that would wake it without us, pass.
    pollfd nothing{connection, POLLIN, 0};
    EXPECT_EQ(::poll(&nothing, 1, 400), 0);
    stop.request_stop();
    read_request(connection);  // until the client is gone
  });
  auto start = Monotonic::now();
  auto failure = failure_of([&] {
    HttpClient(plain()).send({.url = url_of(server.address())}, Deadline::in(ample), stop.get_token());
  });
  EXPECT_LT(Monotonic::now() - start, ample / 4);
  EXPECT_EQ(failure.fault(), Fault::retry);
  expect_says(failure, "stop");
}

TEST(Http, a_client_goes_on_after_a_failure) {
  std::atomic<int> calls = 0;
  ScriptedServer server([&](int connection) {
    read_request(connection);
    if (++calls != 1) write_text(connection, empty_answer);
  });
  HttpClient client(plain());
  EXPECT_THROW(client.send({.url = url_of(server.address())}, Deadline::in(ample)), Failure);
  EXPECT_EQ(client.send({.url = url_of(server.address())}, Deadline::in(ample)).status, 200);
}

TEST(Http, malformed_requests_are_refused_without_being_shown) {
  auto refused = [](HttpRequest request) {
    auto failure = failure_of([&] { HttpClient(plain()).send(request, Deadline::in(ample)); });
    EXPECT_EQ(failure.fault(), Fault::permanent);
    EXPECT_EQ(std::string_view(failure.what()).find("secret"), std::string_view::npos) << failure.what();
  };
  const std::string url = "http://127.0.0.1:1/";
  refused({.url = ""});
  refused({.url = "not a url secret"});
  refused({.url = "ftp://127.0.0.1/secret"});
  refused({.url = "file:///etc/secret"});
  refused({.url = "http://user:secret@127.0.0.1:1/"});
  refused({.url = url + std::string(10'000, 'x')});
  refused({.method = "GET\r\nX: secret", .url = url});
  refused({.url = url, .headers = {{"X", "a\r\nY: secret"}}});
  refused({.url = url, .headers = {{"X: Y", "secret"}}});
  refused({.url = url, .headers = {{"", "secret"}}});
}

TEST(Http, a_failure_shows_neither_query_nor_header) {
  Address nobody{"127.0.0.1", certfleet::testing::free_port()};
  HttpRequest request{
      .url = url_of(nobody, "/p?token=secret"), .headers = {{"X-Key", "secret"}}, .body = "secret"};
  auto failure = failure_of([&] { HttpClient(plain()).send(request, Deadline::in(ample)); });
  EXPECT_EQ(std::string_view(failure.what()).find("secret"), std::string_view::npos) << failure.what();
}

TEST(RetryAfter, it_is_read_as_seconds_and_as_date_and_held_in_bounds) {
  auto now = WallTime(std::chrono::sys_days{std::chrono::year(2026) / 1 / 2} + 3h);
  auto asked = [&](const char* value) {
    HttpResponse answer;
    answer.headers = {{"retry-after", value}};
    return answer.retry_after(now);
  };
  EXPECT_EQ(asked("120"), 120s);
  EXPECT_EQ(asked("0"), 0s);
  EXPECT_EQ(asked("Fri, 02 Jan 2026 03:00:30 GMT"), 30s);
  EXPECT_EQ(asked("Fri, 02 Jan 2026 02:00:00 GMT"), 0s);
  EXPECT_EQ(asked("999999999"), 24h);
  EXPECT_EQ(asked("99999999999999999999999"), 24h);
  EXPECT_EQ(asked("soon"), std::nullopt);
  EXPECT_EQ(asked(""), std::nullopt);
  EXPECT_EQ(asked("-5"), std::nullopt);
  EXPECT_EQ(HttpResponse{}.retry_after(now), std::nullopt);
}

TEST(RetryAfter, a_date_counts_from_the_date_of_the_answer) {
  auto now = WallTime(std::chrono::sys_days{std::chrono::year(2026) / 1 / 2} + 3h);
  HttpResponse answer;
  answer.headers = {{"date", "Fri, 02 Jan 2026 05:00:00 GMT"}, {"retry-after", "Fri, 02 Jan 2026 05:00:30 GMT"}};
  EXPECT_EQ(answer.retry_after(now), 30s);
  answer.headers[0].second = "today";
  EXPECT_EQ(answer.retry_after(now), 2h + 30s);
}

}  // namespace
}  // namespace certfleet::net
