#include "lib/net/tls_probe.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

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
using testing::ScriptedServer;
using testing::SilentServer;
using testing::TempDir;
using testing::TlsServer;

// Far more than a handshake takes, so that only a hang reaches it.
constexpr auto ample = 20s;

class TlsProbe : public ::testing::Test {
 protected:
  pki::PrivateKey key_ = pki::PrivateKey::generate(pki::KeyAlgorithm::ecdsa_p256);
  Issuer root_ = Issuer::root("Root");
  Issuer middle_ = root_.intermediate("Middle");
  TempDir dir_{"probe"};
  Identity first_{dir_, "first", middle_.issue_for("first.test", key_), key_, {middle_.certificate()}};
  Identity second_{dir_, "second", middle_.issue_for("second.test", key_), key_};

  ServedCertificate probe_at(const Address& address, std::optional<std::string> sni = {}) {
    return probe({address, std::move(sni), {}}, Deadline::in(ample));
  }
  // The failure, and that it came soon after the deadline.
  static Failure held(const ProbeTarget& target, std::chrono::milliseconds limit) {
    auto start = Monotonic::now();
    auto failure = failure_of([&] { probe(target, Deadline::in(limit)); });
    auto took = Monotonic::now() - start;
    EXPECT_GE(took, limit - 1ms);
    EXPECT_LT(took, limit + 3s);
    return failure;
  }
};

TEST_F(TlsProbe, the_served_certificate_is_told_with_its_chain) {
  TlsServer server(dir_, first_, {"-cert_chain", first_.file("chain")});
  auto served = probe_at(server.address());
  EXPECT_EQ(served.leaf, first_.certificate());
  ASSERT_EQ(served.chain.size(), 1U);
  EXPECT_EQ(served.chain[0], middle_.certificate());
  EXPECT_EQ(served.peer, to_string(server.address()));
  EXPECT_EQ(served.tls_version, "TLSv1.3");
}

TEST_F(TlsProbe, the_server_name_chooses_among_the_servers_certificates) {
  TlsServer server(
      dir_, first_,
      {"-servername", "second.test", "-cert2", second_.file("crt"), "-key2", second_.file("key")});
  EXPECT_EQ(probe_at(server.address(), "second.test").leaf, second_.certificate());
  EXPECT_EQ(probe_at(server.address(), "SECOND.test.").leaf, second_.certificate());
  EXPECT_EQ(probe_at(server.address(), "first.test").leaf, first_.certificate());
  EXPECT_EQ(probe_at(server.address()).leaf, first_.certificate());
}

TEST_F(TlsProbe, without_a_server_name_none_is_sent) {
  // This server ends the handshake if a name comes that it doesn't know.
  TlsServer server(dir_, first_,
                   {"-servername", "second.test", "-servername_fatal", "-cert2", second_.file("crt"), "-key2",
                    second_.file("key")});
  EXPECT_EQ(probe_at(server.address()).leaf, first_.certificate());
  auto failure = failure_of([&] { probe_at(server.address(), "third.test"); });
  EXPECT_EQ(failure.fault(), Fault::retry);
  EXPECT_EQ(failure.trace_id(), 29);
  expect_says(failure, to_string(server.address()));
}

TEST_F(TlsProbe, an_address_is_no_server_name) {
  auto failure = failure_of([&] { probe_at({"127.0.0.1", 1}, "127.0.0.1"); });
  EXPECT_EQ(failure.fault(), Fault::usage);
}

TEST_F(TlsProbe, old_protocols_and_self_signed_certificates_are_looked_at_too) {
  auto rsa = pki::PrivateKey::generate(pki::KeyAlgorithm::rsa_2048);
  Identity own(dir_, "own", certfleet::testing::self_signed({.common_name = "own.test", .ca = true}, rsa),
               rsa);
  for (auto [option, version] : {std::pair{"-tls1", "TLSv1"}, std::pair{"-tls1_2", "TLSv1.2"}}) {
    TlsServer server(dir_, own, {option, "-cipher", "ALL:@SECLEVEL=0"});
    auto served = probe_at(server.address());
    EXPECT_EQ(served.leaf, own.certificate());
    EXPECT_EQ(served.tls_version, version);
  }
}

TEST_F(TlsProbe, a_server_that_insists_on_a_client_certificate_is_read_all_the_same) {
  for (const char* version : {"-tls1_2", "-tls1_3"}) {
    TlsServer server(dir_, first_, {"-Verify", "1", "-verify_return_error", version});
    EXPECT_EQ(probe_at(server.address()).leaf, first_.certificate()) << version;
  }
}

TEST_F(TlsProbe, a_name_is_resolved_and_every_address_tried) {
  TlsServer server(dir_, first_, {});
  // localhost may be ::1 first, where nobody listens.
  auto served = probe_at({"localhost", server.address().port}, "first.test");
  EXPECT_EQ(served.leaf, first_.certificate());
  EXPECT_EQ(served.peer, to_string(server.address()));
}

TEST_F(TlsProbe, a_silent_server_is_left_at_the_deadline) {
  SilentServer server;
  auto failure = held({server.address(), {}, {}}, 300ms);
  EXPECT_EQ(failure.fault(), Fault::retry);
  EXPECT_EQ(failure.trace_id(), 2412);
  expect_says(failure, to_string(server.address()));
}

TEST_F(TlsProbe, a_server_that_drips_is_left_at_the_deadline) {
  ScriptedServer server([](int connection) {
    // The start of a long handshake record, then byte after byte until the client is gone.
    testing::write_text(connection, std::string_view("\x16\x03\x03\x3f\xff\x02\x00\x3f\xfb", 9));
    for (int i = 0; i < 200; ++i) {
      pollfd gone{connection, POLLRDHUP, 0};
      if (::poll(&gone, 1, 20) > 0 && (gone.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0) return;
      testing::write_text(connection, std::string_view("\0", 1));
    }
  });
  EXPECT_EQ(held({server.address(), {}, {}}, 300ms).trace_id(), 2412);
}

TEST_F(TlsProbe, a_passed_deadline_is_a_time_out) {
  SilentServer server;
  auto failure = failure_of([&] { probe({server.address(), {}, {}}, Deadline::in(-1s)); });
  EXPECT_EQ(failure.trace_id(), 2412);
}

TEST_F(TlsProbe, a_stop_ends_the_wait_at_once) {
  SilentServer server;
  std::stop_source stop;
  // Asks for the stop when the probe has certainly connected: its greeting has arrived.
  std::jthread stopper([&] {
    int connection = ::accept(server.fd(), nullptr, nullptr);
    char byte = 0;
    EXPECT_EQ(::recv(connection, &byte, 1, MSG_PEEK), 1);
    stop.request_stop();
    while (::recv(connection, &byte, 1, 0) == 1) {
    }  // until the client is gone
    ::close(connection);
  });
  auto start = Monotonic::now();
  auto failure = failure_of([&] {
    probe({server.address(), {}, {}}, Deadline::in(ample), stop.get_token());
  });
  EXPECT_LT(Monotonic::now() - start, ample / 2);
  EXPECT_EQ(failure.fault(), Fault::retry);
  expect_says(failure, "stop");
}

TEST_F(TlsProbe, a_refused_connection_says_so) {
  Address nobody{"127.0.0.1", certfleet::testing::free_port()};
  auto failure = failure_of([&] { probe_at(nobody); });
  EXPECT_EQ(failure.fault(), Fault::unreachable);
  EXPECT_EQ(failure.trace_id(), 29);
  expect_says(failure, to_string(nobody));
  expect_says(failure, "refused");
}

TEST_F(TlsProbe, a_name_that_does_not_resolve_says_so) {
  auto failure = failure_of([&] { probe({{"host.invalid", 443}, {}, {}}, Deadline::in(2s)); });
  EXPECT_EQ(failure.fault(), Fault::unreachable);
  EXPECT_EQ(failure.trace_id(), 2413);
  expect_says(failure, "host.invalid");
}

TEST_F(TlsProbe, a_server_that_closes_has_sent_no_certificate) {
  ScriptedServer server([](int connection) { testing::read_some(connection); });
  auto failure = failure_of([&] { probe_at(server.address()); });
  EXPECT_EQ(failure.fault(), Fault::retry);
  EXPECT_EQ(failure.trace_id(), 2411);
}

TEST_F(TlsProbe, what_is_no_tls_is_a_failed_handshake) {
  ScriptedServer server([](int connection) {
    testing::read_some(connection);
    testing::write_text(connection, "HTTP/1.1 400 Bad Request\r\n\r\n");
    testing::read_some(connection);
  });
  auto failure = failure_of([&] { probe_at(server.address()); });
  EXPECT_EQ(failure.fault(), Fault::retry);
  EXPECT_EQ(failure.trace_id(), 29);
}

TEST_F(TlsProbe, the_proxy_is_asked_for_the_target_by_name) {
  TlsServer server(dir_, first_, {});
  Proxy proxy;
  // The name is the proxy's to resolve: it takes the port only.
  auto served =
      probe({{"inside.invalid", server.address().port}, "first.test", proxy.address()}, Deadline::in(ample));
  EXPECT_EQ(served.leaf, first_.certificate());
  EXPECT_EQ(served.peer, to_string(proxy.address()));
  EXPECT_EQ(proxy.asked(), std::vector{"inside.invalid:" + std::to_string(server.address().port)});
}

TEST_F(TlsProbe, a_proxy_that_refuses_is_named) {
  Proxy proxy;
  ProbeTarget target{{"a.test", certfleet::testing::free_port()}, {}, proxy.address()};
  auto failure = failure_of([&] { probe(target, Deadline::in(ample)); });
  EXPECT_EQ(failure.fault(), Fault::unreachable);
  EXPECT_EQ(failure.trace_id(), 29);
  expect_says(failure, to_string(proxy.address()));
  expect_says(failure, "502 Bad Gateway");
}

TEST_F(TlsProbe, a_proxy_that_talks_without_end_is_cut_off) {
  ScriptedServer proxy([](int connection) { testing::write_text(connection, std::string(100'000, 'x')); });
  auto failure = failure_of([&] { probe({{"a.test", 443}, {}, proxy.address()}, Deadline::in(ample)); });
  expect_says(failure, "too long");
}

TEST_F(TlsProbe, a_silent_proxy_is_left_at_the_deadline) {
  SilentServer proxy;
  EXPECT_EQ(held({{"a.test", 443}, {}, proxy.address()}, 300ms).trace_id(), 2412);
}

}  // namespace
}  // namespace certfleet::net
