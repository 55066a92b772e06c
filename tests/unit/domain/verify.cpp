#include "lib/domain/verify.h"

#include <gtest/gtest.h>

namespace certfleet::domain {
namespace {

using namespace std::chrono_literals;

const Settings with_proxy{.proxy = "proxy.example.com:8080"};

TEST(Verify, by_url_the_host_is_the_server_name_and_the_proxy_is_used) {
  auto handshake = handshake_of({VerifyMode::url, "www.example.com", 443, std::nullopt}, with_proxy);
  ASSERT_TRUE(handshake);
  EXPECT_EQ(handshake->host, "www.example.com");
  EXPECT_EQ(handshake->port, 443);
  EXPECT_EQ(handshake->server_name, "www.example.com");
  EXPECT_EQ(handshake->proxy, "proxy.example.com:8080");
}

TEST(Verify, by_address_the_way_is_straight_and_the_name_optional) {
  auto handshake = handshake_of({VerifyMode::address, "10.0.0.1", 8443, std::nullopt}, with_proxy);
  ASSERT_TRUE(handshake);
  EXPECT_EQ(handshake->port, 8443);
  EXPECT_EQ(handshake->server_name, std::nullopt);
  EXPECT_EQ(handshake->proxy, std::nullopt);
  handshake = handshake_of({VerifyMode::address, "10.0.0.1", 443, "www.example.com"}, with_proxy);
  EXPECT_EQ(handshake->server_name, "www.example.com");
}

TEST(Verify, an_address_is_never_sent_as_a_server_name) {
  EXPECT_EQ(handshake_of({VerifyMode::url, "10.0.0.1", 443, std::nullopt}, {})->server_name, std::nullopt);
}

TEST(Verify, mode_none_makes_no_handshake) {
  EXPECT_FALSE(handshake_of({VerifyMode::none, "", 443, {}}, {}));
}

StoredCertificate certificate(int id, WallTime until, const std::string& serial) {
  StoredCertificate one;
  one.id = CertificateId(id);
  one.not_after = until;
  one.serial = serial;
  one.sha256 = serial + "-sha";
  return one;
}

TEST(Verify, the_one_that_expires_last_matches_and_the_other_is_previous) {
  WallTime now = std::chrono::system_clock::now();
  std::vector<StoredCertificate> two = {certificate(7, now + 24h, "b"), certificate(8, now, "a")};
  EXPECT_EQ(judge("b", "b-sha", two), Served::match);
  EXPECT_EQ(judge("a", "a-sha", two), Served::previous);
}

TEST(Verify, a_serial_with_another_fingerprint_is_another_certificate) {
  std::vector<StoredCertificate> one = {certificate(7, {}, "b")};
  EXPECT_EQ(judge("b", "x-sha", one), Served::other);
  EXPECT_EQ(judge("c", "b-sha", one), Served::other);
  EXPECT_EQ(judge("b", "b-sha", {}), Served::other);
}

}  // namespace
}  // namespace certfleet::domain
