#include "lib/pki/csr.h"

#include <gtest/gtest.h>

#include "lib/pki/limits.h"
#include "lib/pki/openssl.h"
#include "lib/pki/pem.h"
#include "tests/support/failure.h"

namespace certfleet::pki {
namespace {

using certfleet::testing::expect_says;
using certfleet::testing::failure_of;
using Names = std::vector<std::string>;

const PrivateKey& key() {
  static const auto one = PrivateKey::generate(KeyAlgorithm::ecdsa_p256);
  return one;
}

Failure refusal(std::string_view pem) {
  auto failure = failure_of([&] { Csr::from_pem(pem); });
  EXPECT_EQ(failure.fault(), Fault::usage);
  EXPECT_EQ(failure.trace_id(), 28);
  return failure;
}

X509ReqPtr parsed(const Csr& csr) {
  const auto* at = reinterpret_cast<const unsigned char*>(csr.der().data());
  return X509ReqPtr(d2i_X509_REQ(nullptr, &at, static_cast<long>(csr.der().size())));
}

TEST(Csr, a_request_carries_the_common_name_first_and_each_name_once) {
  auto csr =
      Csr::from_pem(make_csr(key(), {.common_name = "WWW.a.test"}, {"b.test", "www.A.test", "b.test"}));
  EXPECT_EQ(csr.common_name(), "www.a.test");
  EXPECT_EQ(csr.names(), (Names{"www.a.test", "b.test"}));
  EXPECT_TRUE(csr.matches(key()));
  EXPECT_FALSE(csr.matches(PrivateKey::generate(KeyAlgorithm::ecdsa_p256)));
}

TEST(Csr, a_request_without_further_names_still_has_the_common_name_among_them) {
  auto csr = Csr::from_pem(make_csr(key(), {.common_name = "*.a.test"}, {}));
  auto request = parsed(csr);
  ExtensionsPtr extensions(X509_REQ_get_extensions(request.get()));
  ASSERT_TRUE(extensions);
  GeneralNamesPtr names(
      static_cast<GENERAL_NAMES*>(X509V3_get_d2i(extensions.get(), NID_subject_alt_name, nullptr, nullptr)));
  ASSERT_TRUE(names);
  EXPECT_EQ(dns_names_of(names.get(), "CSR"), Names{"*.a.test"});
}

TEST(Csr, every_algorithm_signs_with_sha256) {
  for (auto algorithm : {KeyAlgorithm::rsa_2048, KeyAlgorithm::ecdsa_p384}) {
    auto own = PrivateKey::generate(algorithm);
    auto csr = Csr::from_pem(make_csr(own, {.common_name = "a.test"}, {}));
    EXPECT_EQ(csr.spki_sha256(), own.spki_sha256());
    int digest = NID_undef;
    OBJ_find_sigid_algs(X509_REQ_get_signature_nid(parsed(csr).get()), &digest, nullptr);
    EXPECT_EQ(digest, NID_sha256);
  }
}

TEST(Csr, the_subject_is_written_in_full_as_utf8) {
  Subject subject{.common_name = "a.test",
                  .country = "JP",
                  .state = "東京都",
                  .locality = "Chiyoda-ku",
                  .organization = "Example K.K.",
                  .unit = "IT",
                  .email = "pki@a.test"};
  auto request = parsed(Csr::from_pem(make_csr(key(), subject, {})));
  const auto* name = X509_REQ_get_subject_name(request.get());
  EXPECT_EQ(name_entry(name, NID_countryName, ""), "JP");
  EXPECT_EQ(name_entry(name, NID_stateOrProvinceName, ""), "東京都");
  EXPECT_EQ(name_entry(name, NID_localityName, ""), "Chiyoda-ku");
  EXPECT_EQ(name_entry(name, NID_organizationName, ""), "Example K.K.");
  EXPECT_EQ(name_entry(name, NID_organizationalUnitName, ""), "IT");
  EXPECT_EQ(name_entry(name, NID_pkcs9_emailAddress, ""), "pki@a.test");
  auto type = [&](int nid) {
    auto at = X509_NAME_get_index_by_NID(name, nid, -1);
    return ASN1_STRING_type(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  };
  EXPECT_EQ(type(NID_stateOrProvinceName), V_ASN1_UTF8STRING);
  EXPECT_EQ(type(NID_organizationName), V_ASN1_UTF8STRING);
  EXPECT_EQ(type(NID_countryName), V_ASN1_PRINTABLESTRING);
}

TEST(Csr, a_subject_field_that_cannot_be_is_refused_and_named) {
  auto check = [](Subject subject, std::string_view part) {
    subject.common_name = "a.test";
    auto failure = failure_of([&] { check_subject(subject); });
    EXPECT_EQ(failure.fault(), Fault::usage);
    expect_says(failure, part);
  };
  check({.country = "Japan"}, "country \"Japan\"");
  check({.country = "jp"}, "country \"jp\"");
  check({.state = std::string(state_bytes_max + 1, 's')}, "state");
  check({.locality = std::string(locality_bytes_max + 1, 'l')}, "locality");
  check({.organization = std::string(organization_bytes_max + 1, 'o')}, "organization");
  check({.unit = std::string(unit_bytes_max + 1, 'u')}, "unit");
  check({.email = std::string(email_bytes_max, 'e') + "@a.test"}, "mail address");
  check({.organization = "a\nb"}, "organization \"a?b\" has control characters");
  check({.unit = "\xff"}, "unit \"?\" is not UTF-8");
  for (const char* bad : {"a", "@a", "a@", "a@b@c", "a b@c", "あ@a.test"})
    check({.email = bad}, "mail address");
  EXPECT_THROW(check_subject({.common_name = ""}), Failure);
  EXPECT_THROW(make_csr(key(), {.common_name = "a b"}, {}), Failure);
  check_subject({.common_name = "a.test", .state = std::string(state_bytes_max, 's')});
}

TEST(Csr, text_around_the_block_windows_line_ends_and_the_old_label_are_accepted) {
  auto pem = make_csr(key(), {.common_name = "a.test"}, {});
  std::string windows;
  for (char c : pem) windows += c == '\n' ? "\r\n" : std::string(1, c);
  EXPECT_EQ(Csr::from_pem("Certificate Request:\n  Data: x\n" + windows + "\nbye").pem(), pem);
  auto old = to_pem("NEW CERTIFICATE REQUEST", Csr::from_pem(pem).der());
  EXPECT_EQ(Csr::from_pem(old).pem(), pem);
}

TEST(Csr, none_several_and_other_things_are_refused) {
  auto pem = make_csr(key(), {.common_name = "a.test"}, {});
  expect_says(refusal(""), "no PEM block");
  expect_says(refusal(pem + pem), "more than one");
  expect_says(refusal(std::string(key().to_pem().view())), "PRIVATE KEY");
  expect_says(refusal(to_pem("CERTIFICATE REQUEST", "x")), "damaged");
  expect_says(refusal(to_pem("CERTIFICATE REQUEST", Csr::from_pem(pem).der() + "x")), "bytes follow");
  expect_says(refusal(to_pem("CERTIFICATE REQUEST", std::string(der_bytes_max + 1, 'x'))), "are allowed");
  expect_says(refusal(pem.substr(0, pem.size() / 2)), "not closed");
  expect_says(refusal(std::string(pem_bytes_max + 1, 'x')), "are allowed");
  EXPECT_EQ(Csr::from_pem(pem + std::string(pem_bytes_max - pem.size(), 'x')).pem(), pem);
  expect_says(refusal(pem + std::string(pem_bytes_max - pem.size() + 1, 'x')), "are allowed");
}

TEST(Csr, a_request_that_its_key_did_not_sign_is_refused) {
  auto csr = Csr::from_pem(make_csr(key(), {.common_name = "a.test"}, {}));
  auto request = parsed(csr);
  auto other = PrivateKey::generate(KeyAlgorithm::ecdsa_p256);
  X509_REQ_set_pubkey(request.get(), native(other));
  // Signed before the key was exchanged: the signature is still the first one's.
  expect_says(refusal(to_pem("CERTIFICATE REQUEST", der_of<X509_REQ>(request.get(), i2d_X509_REQ))),
              "signature");
}

TEST(Csr, one_with_a_common_name_that_is_no_host_name_is_read_all_the_same) {
  X509ReqPtr request(X509_REQ_new());
  auto* name = X509_REQ_get_subject_name(request.get());
  X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>("My Server"), -1, -1, 0);
  X509_REQ_set_pubkey(request.get(), native(key()));
  X509_REQ_sign(request.get(), native(key()), EVP_sha256());
  auto csr = Csr::from_pem(to_pem("CERTIFICATE REQUEST", der_of<X509_REQ>(request.get(), i2d_X509_REQ)));
  EXPECT_EQ(csr.common_name(), "My Server");
  EXPECT_TRUE(csr.names().empty());
}

TEST(Csr, cut_and_damaged_requests_never_pass) {
  auto csr = Csr::from_pem(make_csr(key(), {.common_name = "a.test"}, {"b.test"}));
  for (std::size_t at = 0; at < csr.der().size(); ++at) {
    EXPECT_THROW(Csr::from_pem(to_pem("CERTIFICATE REQUEST", csr.der().substr(0, at))), Failure) << at;
    auto bad = csr.der();
    bad[at] = static_cast<char>(static_cast<unsigned char>(bad[at]) ^ (1U << (at % 8)));
    EXPECT_THROW(Csr::from_pem(to_pem("CERTIFICATE REQUEST", bad)), Failure) << at;
  }
}

}  // namespace
}  // namespace certfleet::pki
