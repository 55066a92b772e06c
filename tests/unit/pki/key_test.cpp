#include "lib/pki/key.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <cstring>

#include "lib/pki/openssl.h"
#include "lib/pki/pem.h"
#include "tests/support/failure.h"

namespace certfleet::pki {
namespace {

using certfleet::testing::expect_says;
using certfleet::testing::failure_of;

std::string pem_of(const PrivateKey& key) {
  return std::string(key.to_pem().view());
}

Failure refusal(std::string_view pem) {
  auto failure = failure_of([&] { PrivateKey::from_pem(Secret::of(pem)); });
  EXPECT_EQ(failure.fault(), Fault::usage);
  EXPECT_EQ(failure.trace_id(), 28);
  return failure;
}

// As other programs write keys: `kind` decides the form.
std::string written(EVP_PKEY* key, bool traditional, const char* password = nullptr) {
  BioPtr out(BIO_new(BIO_s_mem()));
  const auto* cipher = password == nullptr ? nullptr : EVP_aes_256_cbc();
  int size = password == nullptr ? 0 : static_cast<int>(std::strlen(password));
  const auto* bytes = reinterpret_cast<const unsigned char*>(password);
  if (traditional)
    PEM_write_bio_PrivateKey_traditional(out.get(), key, cipher, bytes, size, nullptr, nullptr);
  else
    PEM_write_bio_PrivateKey(out.get(), key, cipher, bytes, size, nullptr, nullptr);
  char* text = nullptr;
  auto length = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(length)};
}

TEST(PrivateKey, each_algorithm_is_made_and_read_back) {
  for (auto algorithm :
       {KeyAlgorithm::rsa_2048, KeyAlgorithm::rsa_4096, KeyAlgorithm::ecdsa_p256, KeyAlgorithm::ecdsa_p384}) {
    auto key = PrivateKey::generate(algorithm);
    EXPECT_EQ(key.algorithm(), to_string(algorithm));
    EXPECT_TRUE(key.to_pem().view().starts_with("-----BEGIN PRIVATE KEY-----\n"));
    EXPECT_TRUE(key.public_pem().starts_with("-----BEGIN PUBLIC KEY-----\n"));
    auto back = PrivateKey::from_pem(key.to_pem());
    EXPECT_EQ(back.spki_sha256(), key.spki_sha256());
    EXPECT_EQ(back.spki_sha256().size(), 64U);
    EXPECT_EQ(key_algorithm_from(to_string(algorithm)), algorithm);
  }
  EXPECT_FALSE(key_algorithm_from("rsa-1024"));
}

TEST(PrivateKey, older_forms_of_rsa_and_ec_keys_are_read) {
  auto rsa = PrivateKey::generate(KeyAlgorithm::rsa_2048);
  auto ec = PrivateKey::generate(KeyAlgorithm::ecdsa_p256);
  auto old_rsa = written(native(rsa), true);
  auto old_ec = written(native(ec), true);
  EXPECT_NE(old_rsa.find("BEGIN RSA PRIVATE KEY"), std::string::npos);
  EXPECT_NE(old_ec.find("BEGIN EC PRIVATE KEY"), std::string::npos);
  EXPECT_EQ(PrivateKey::from_pem(Secret::of(old_rsa)).spki_sha256(), rsa.spki_sha256());
  auto with_parameters =
      "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" + old_ec;
  EXPECT_EQ(PrivateKey::from_pem(Secret::of(with_parameters)).spki_sha256(), ec.spki_sha256());
}

TEST(PrivateKey, files_from_windows_are_read) {
  auto key = PrivateKey::generate(KeyAlgorithm::ecdsa_p256);
  std::string text = "\xef\xbb\xbf";
  for (char c : pem_of(key)) text += c == '\n' ? "\r\n" : std::string(1, c);
  EXPECT_EQ(PrivateKey::from_pem(Secret::of(text)).spki_sha256(), key.spki_sha256());
}

TEST(PrivateKey, an_encrypted_key_is_refused_and_says_so) {
  auto key = PrivateKey::generate(KeyAlgorithm::rsa_2048);
  expect_says(refusal(written(native(key), false, "secret")), "encrypted");
  expect_says(refusal(written(native(key), true, "secret")), "encrypted");
}

TEST(PrivateKey, no_key_several_keys_and_other_blocks_are_refused) {
  auto pem = pem_of(PrivateKey::generate(KeyAlgorithm::ecdsa_p256));
  expect_says(refusal(""), "no PEM block");
  expect_says(refusal("hello"), "no PEM block");
  expect_says(refusal(pem + pem), "more than one");
  expect_says(refusal(pem + to_pem("CERTIFICATE", "x")), "CERTIFICATE");
  expect_says(refusal(to_pem("OPENSSH PRIVATE KEY", "x")), "OPENSSH");
  expect_says(refusal(to_pem("PRIVATE KEY", "garbage")), "damaged");
  expect_says(refusal(to_pem("RSA PRIVATE KEY", std::string(100, '\x30'))), "damaged");
}

TEST(PrivateKey, weak_and_unusual_keys_are_refused) {
  PkeyPtr small(EVP_RSA_gen(1024));
  expect_says(refusal(written(small.get(), false)), "1024 bits");
  PkeyPtr unusual(EVP_EC_gen(SN_secp256k1));
  expect_says(refusal(written(unusual.get(), false)), "curve");
  PkeyPtr edwards(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  expect_says(refusal(written(edwards.get(), false)), "neither RSA nor EC");
}

TEST(PrivateKey, a_curve_given_by_its_numbers_is_refused) {
  PkeyPtr key(EVP_EC_gen(SN_X9_62_prime256v1));
  EVP_PKEY_set_utf8_string_param(key.get(), "encoding", "explicit");
  expect_says(refusal(written(key.get(), false)), "curve");
}

TEST(PrivateKey, keys_with_compressed_points_have_the_hash_of_plain_ones) {
  auto key = PrivateKey::generate(KeyAlgorithm::ecdsa_p256);
  auto copy = PrivateKey::from_pem(key.to_pem());
  EVP_PKEY_set_utf8_string_param(native(copy), "point-format", "compressed");
  auto compressed = PrivateKey::from_pem(Secret::of(written(native(copy), false)));
  EXPECT_EQ(compressed.spki_sha256(), key.spki_sha256());
}

TEST(PrivateKey, a_key_whose_halves_do_not_fit_is_refused) {
  auto key = PrivateKey::generate(KeyAlgorithm::ecdsa_p256);
  auto blocks = parse_pem(pem_of(key));
  auto der = std::string(blocks[0].der.view());
  auto other = PrivateKey::generate(KeyAlgorithm::ecdsa_p256);
  auto other_der = std::string(parse_pem(pem_of(other))[0].der.view());
  der.replace(der.size() - 64, 64, other_der, other_der.size() - 64, 64);  // the public point is at the end
  expect_says(refusal(to_pem("PRIVATE KEY", der)), "don't fit together");
}

TEST(PrivateKey, bytes_after_the_key_are_refused) {
  auto blocks = parse_pem(pem_of(PrivateKey::generate(KeyAlgorithm::ecdsa_p256)));
  expect_says(refusal(to_pem("PRIVATE KEY", std::string(blocks[0].der.view()) + "x")), "bytes follow");
}

TEST(PrivateKey, a_refusal_never_shows_the_text) {
  auto pem = pem_of(PrivateKey::generate(KeyAlgorithm::ecdsa_p256));
  auto line = pem.substr(28, 20);
  for (std::size_t at = 0; at < pem.size(); at += 3) {
    auto bad = pem;
    bad[at] = '!';
    try {
      PrivateKey::from_pem(Secret::of(bad));
    } catch (const Failure& failure) {
      EXPECT_EQ(std::string_view(failure.what()).find(line), std::string_view::npos);
    }
  }
}

}  // namespace
}  // namespace certfleet::pki
