#include "lib/pki/certificate.h"

#include <gtest/gtest.h>

#include "lib/pki/limits.h"
#include "lib/pki/pem.h"
#include "lib/pki/text.h"
#include "tests/support/failure.h"
#include "tests/support/issuer/issuer.h"

namespace certfleet::pki {
namespace {

using certfleet::testing::CertificateSpec;
using certfleet::testing::expect_says;
using certfleet::testing::failure_of;
using certfleet::testing::Issuer;
using certfleet::testing::self_signed;
using Names = std::vector<std::string>;

const PrivateKey& key() {
  static const auto one = PrivateKey::generate(KeyAlgorithm::ecdsa_p256);
  return one;
}
const Issuer& root() {
  static const auto one = Issuer::root("Test Root");
  return one;
}

Failure refusal(std::string_view pem) {
  auto failure = failure_of([&] { Certificate::from_pem(pem); });
  EXPECT_EQ(failure.fault(), Fault::usage);
  return failure;
}

TEST(Certificate, what_it_says_is_read) {
  auto certificate =
      root().issue({.common_name = "WWW.a.test",
                    .sans = {"DNS:www.A.test", "DNS:b.test", "DNS:B.test", "IP:192.0.2.1", "IP:2001:db8::1"},
                    .serial = 0xa12,
                    .not_before = "20250102030405Z",
                    .not_after = "20260102030405Z"},
                   key());
  EXPECT_EQ(certificate.serial(), "0a12");
  EXPECT_EQ(show_serial(certificate.serial()), "0x0a12");
  EXPECT_EQ(certificate.sha256(), sha256_hex(certificate.der()));
  EXPECT_EQ(certificate.common_name(), "WWW.a.test");
  EXPECT_EQ(certificate.dns_names(), (Names{"www.a.test", "b.test"}));
  EXPECT_EQ(certificate.addresses(), (Names{"192.0.2.1", "2001:db8::1"}));
  EXPECT_EQ(certificate.subject(), "CN=WWW.a.test,O=Test");
  EXPECT_EQ(certificate.issuer(), "CN=Test Root,O=Test");
  using namespace std::chrono;
  EXPECT_EQ(certificate.not_before(), sys_days{2025y / 1 / 2} + 3h + 4min + 5s);
  EXPECT_EQ(certificate.not_after(), sys_days{2026y / 1 / 2} + 3h + 4min + 5s);
  EXPECT_EQ(certificate.spki_sha256(), key().spki_sha256());
  EXPECT_TRUE(certificate.matches(key()));
  EXPECT_FALSE(certificate.matches(root().key()));
  EXPECT_FALSE(certificate.is_ca());
  EXPECT_FALSE(certificate.self_signed());
  EXPECT_TRUE(root().certificate().is_ca());
  EXPECT_TRUE(root().certificate().self_signed());
}

TEST(Certificate, long_serial_numbers_keep_their_digits) {
  auto certificate = root().issue({.common_name = "a.test", .serial = 0x7fffffffffffffff}, key());
  EXPECT_EQ(certificate.serial(), "7fffffffffffffff");
  EXPECT_EQ(root().issue_for("a.test", key()).serial().size() % 2, 0U);
}

TEST(Certificate, one_without_an_end_has_a_far_one) {
  auto certificate = self_signed({.common_name = "a.test", .not_after = "99991231235959Z"}, key());
  using namespace std::chrono;
  EXPECT_EQ(certificate.not_after(), sys_days{2261y / 12 / 31});
  EXPECT_GT(certificate.not_after(), certificate.not_before());
}

TEST(Certificate, it_covers_the_names_it_lists_and_no_others) {
  auto one = root().issue({.common_name = "cn.test",
                           .sans = {"DNS:www.a.test", "DNS:*.b.test", "IP:192.0.2.1", "IP:2001:db8::1"}},
                          key());
  for (const char* host : {"www.a.test", "WWW.A.TEST", "x.b.test", "192.0.2.1", "2001:DB8:0::1"})
    EXPECT_TRUE(one.covers(host)) << host;
  for (const char* host : {"cn.test", "a.test", "b.test", "y.x.b.test", "192.0.2.2", "2001:db8::2", ""})
    EXPECT_FALSE(one.covers(host)) << host;
}

TEST(Certificate, the_common_name_counts_only_without_alternative_names) {
  EXPECT_TRUE(root().issue({.common_name = "*.cn.test"}, key()).covers("www.cn.test"));
  EXPECT_FALSE(root().issue({.common_name = "cn.test", .sans = {"IP:192.0.2.1"}}, key()).covers("cn.test"));
  EXPECT_FALSE(root().issue({.common_name = ""}, key()).covers(""));
}

TEST(Certificate, windows_line_ends_text_around_and_a_missing_last_line_end_are_accepted) {
  auto certificate = root().issue_for("a.test", key());
  std::string windows = "Bag Attributes\r\n    localKeyID: 01\r\n";
  for (char c : certificate.pem()) windows += c == '\n' ? "\r\n" : std::string(1, c);
  windows.resize(windows.size() - 2);
  EXPECT_EQ(Certificate::from_pem(windows), certificate);
  EXPECT_EQ(Certificate::from_pem(windows).pem(), certificate.pem());
  EXPECT_EQ(Certificate::from_der(certificate.der()), certificate);
}

TEST(Certificate, several_in_one_file_are_refused_under_their_own_id) {
  auto pem = root().issue_for("a.test", key()).pem();
  auto failure = refusal(pem + pem);
  EXPECT_EQ(failure.trace_id(), 1660);
  expect_says(failure, "2 certificates");
}

TEST(Certificate, what_is_no_certificate_is_refused_as_malformed) {
  auto one = root().issue_for("a.test", key());
  auto check = [](std::string_view pem, std::string_view part) {
    auto failure = refusal(pem);
    EXPECT_EQ(failure.trace_id(), 28);
    expect_says(failure, part);
  };
  check("", "no PEM block");
  check("\x30\x82", "no PEM block");
  check(one.der(), "no PEM block");
  check(std::string(key().to_pem().view()), "PRIVATE KEY");
  check(to_pem("CERTIFICATE", "x"), "damaged");
  check(to_pem("CERTIFICATE", one.der() + "x"), "bytes follow");
  check(to_pem("CERTIFICATE", std::string(der_bytes_max + 1, 'x')), "are allowed");
  check("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "not base64");
  check("-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n", "not base64");
  check("-----BEGIN CERTIFICATE-----\nAAAA\n-----END X509 CRL-----\n", "another name");
  check("-----BEGIN CERTIFICATE-----\nAAAA\n-----BEGIN CERTIFICATE-----\n", "not closed");
  check("-----BEGIN CERTIFICATE-----\nAAAA\n" + one.pem(), "not closed");
  check("-----BEGIN CERTIFICATE\n", "damaged");
  check("-----BEGIN \x1b[31m-----\n", "damaged");
}

TEST(Certificate, more_names_than_the_limit_are_refused) {
  CertificateSpec spec{.common_name = "a.test"};
  for (std::size_t i = 0; i < sans_max; ++i) spec.sans.push_back("DNS:n" + std::to_string(i) + ".test");
  EXPECT_EQ(self_signed(spec, key()).dns_names().size(), sans_max);
  spec.sans.push_back("DNS:one.more.test");
  expect_says(failure_of([&] { self_signed(spec, key()); }), "more than 250 names");
}

TEST(Certificate, unreadable_names_are_refused) {
  expect_says(failure_of([] { self_signed({.common_name = "a", .sans = {"DNS:a b"}}, key()); }), "\"a b\"");
  // A zero inside: "a.test\0.evil.test" would look like a.test to programs in C.
  auto der = root().issue({.common_name = "a.testX.evil.test"}, key()).der();
  der[der.find("a.testX") + 6] = '\0';
  expect_says(failure_of([&] { Certificate::from_der(der); }), "not readable text");
}

TEST(Certificate, its_name_in_renewal_information_is_key_id_and_serial) {
  auto certificate = root().issue({.common_name = "a.test", .serial = 0x87654321}, key());
  const auto& id = certificate.ari_id();
  auto dot = id.find('.');
  ASSERT_NE(dot, std::string::npos);
  EXPECT_EQ(from_base64url(id.substr(0, dot)).value_or("").size(), 20U);
  EXPECT_EQ(id.substr(dot + 1), "AIdlQyE") << "RFC 9773 section 4.1: with the sign octet";
  EXPECT_EQ(self_signed({.common_name = "a.test"}, key()).ari_id(), "");
}

TEST(Certificate, a_signature_decides_who_issued_it) {
  auto leaf = root().issue_for("a.test", key());
  EXPECT_TRUE(leaf.issued_by(root().certificate()));
  EXPECT_FALSE(leaf.issued_by(Issuer::root("Test Root").certificate())) << "the same name, another key";
  EXPECT_FALSE(leaf.issued_by(leaf));
  auto no_ca = self_signed({.common_name = "Test Root"}, root().key());
  EXPECT_FALSE(leaf.issued_by(no_ca)) << "the same name and key, but not a CA";
}

TEST(Certificate, cut_and_damaged_ones_fail_or_stay_readable_but_never_crash) {
  auto leaf = root().issue(
      {.common_name = "www.a.test", .sans = {"DNS:www.a.test", "DNS:b.test", "IP:192.0.2.1"}}, key());
  int readable = 0;
  for (std::size_t at = 0; at < leaf.der().size(); ++at) {
    EXPECT_THROW(Certificate::from_der(std::string_view(leaf.der()).substr(0, at)), Failure) << at;
    for (unsigned bit = 0; bit < 8; ++bit) {
      auto bad = leaf.der();
      bad[at] = static_cast<char>(static_cast<unsigned char>(bad[at]) ^ (1U << bit));
      try {
        auto certificate = Certificate::from_der(bad);
        ++readable;
        EXPECT_FALSE(certificate == leaf);
        EXPECT_FALSE(certificate.issued_by(root().certificate())) << "byte " << at << ", bit " << bit;
      } catch (const Failure& failure) {
        EXPECT_EQ(failure.trace_id(), 28);
      }
    }
  }
  EXPECT_GT(readable, 0) << "the signature can only be checked with the issuer";
  const auto& pem = leaf.pem();
  for (std::size_t at = 0; at < pem.size() - 1; ++at)
    EXPECT_THROW(Certificate::from_pem(std::string_view(pem).substr(0, at)), Failure) << at;
}

}  // namespace
}  // namespace certfleet::pki
