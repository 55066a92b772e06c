#include "lib/pki/jws.h"

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>

#include <nlohmann/json.hpp>

#include "lib/pki/openssl.h"
#include "lib/pki/pem.h"
#include "lib/pki/text.h"
#include "tests/support/failure.h"

namespace certfleet::pki {
namespace {

using certfleet::testing::expect_says;
using certfleet::testing::failure_of;
using nlohmann::json;

const unsigned char* raw(const std::string& bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

std::string decoded(const json& text) {
  auto bytes = from_base64url(text.get<std::string>());
  EXPECT_TRUE(bytes) << text;
  return bytes.value_or("");
}

BignumPtr number(const json& text) {
  auto bytes = decoded(text);
  return BignumPtr(BN_bin2bn(raw(bytes), static_cast<int>(bytes.size()), nullptr));
}

// A public key from nothing but its JWK, as a CA does it.
PkeyPtr key_of(const json& jwk) {
  std::unique_ptr<OSSL_PARAM_BLD, FreedBy<OSSL_PARAM_BLD_free>> builder(OSSL_PARAM_BLD_new());
  bool rsa = jwk["kty"] == "RSA";
  BignumPtr n, e;
  std::string point;
  if (rsa) {
    n = number(jwk["n"]);
    e = number(jwk["e"]);
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  } else {
    point = "\x04" + decoded(jwk["x"]) + decoded(jwk["y"]);
    const char* group = jwk["crv"] == "P-256" ? "P-256" : "P-384";
    OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
  }
  std::unique_ptr<OSSL_PARAM, FreedBy<OSSL_PARAM_free>> parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  PkeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, rsa ? "RSA" : "EC", nullptr));
  EVP_PKEY* key = nullptr;
  EVP_PKEY_fromdata_init(context.get());
  EXPECT_EQ(EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()), 1)
      << openssl_reason();
  return PkeyPtr(key);
}

bool verifies(const json& jwk, const std::string& input, std::string signature, const EVP_MD* digest) {
  auto key = key_of(jwk);
  if (jwk["kty"] == "EC") {
    auto half = signature.size() / 2;
    EcdsaSigPtr pair(ECDSA_SIG_new());
    ECDSA_SIG_set0(pair.get(), BN_bin2bn(raw(signature), static_cast<int>(half), nullptr),
                   BN_bin2bn(raw(signature) + half, static_cast<int>(half), nullptr));
    signature = der_of<ECDSA_SIG>(pair.get(), i2d_ECDSA_SIG);
  }
  DigestContextPtr context(EVP_MD_CTX_new());
  EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key.get());
  return EVP_DigestVerify(context.get(), raw(signature), signature.size(), raw(input), input.size()) == 1;
}

TEST(Jws, a_request_verifies_with_the_key_that_it_carries) {
  struct Case {
    KeyAlgorithm algorithm;
    const char* name;
    std::size_t signature_bytes;
    const EVP_MD* digest;
  };
  for (const auto& each : {Case{KeyAlgorithm::ecdsa_p256, "ES256", 64, EVP_sha256()},
                           Case{KeyAlgorithm::ecdsa_p384, "ES384", 96, EVP_sha384()},
                           Case{KeyAlgorithm::rsa_2048, "RS256", 256, EVP_sha256()}}) {
    auto key = PrivateKey::generate(each.algorithm);
    auto jws =
        json::parse(sign_jws(key, {.url = "https://ca.test/new", .nonce = "n1", .kid = "", .payload = "{}"}));
    auto header = json::parse(decoded(jws["protected"]));
    EXPECT_EQ(header["alg"], each.name);
    EXPECT_EQ(jws_algorithm(key), each.name);
    EXPECT_EQ(header["url"], "https://ca.test/new");
    EXPECT_EQ(header["nonce"], "n1");
    EXPECT_FALSE(header.contains("kid"));
    EXPECT_EQ(decoded(jws["payload"]), "{}");
    auto signature = decoded(jws["signature"]);
    EXPECT_EQ(signature.size(), each.signature_bytes);
    auto input = jws["protected"].get<std::string>() + "." + jws["payload"].get<std::string>();
    EXPECT_TRUE(verifies(header["jwk"], input, signature, each.digest));
    EXPECT_FALSE(verifies(header["jwk"], input + "x", signature, each.digest));
  }
}

TEST(Jws, with_an_account_the_key_stays_at_home) {
  auto key = PrivateKey::generate(KeyAlgorithm::ecdsa_p256);
  auto jws =
      json::parse(sign_jws(key, {.url = "u", .nonce = "", .kid = "https://ca.test/acct/1", .payload = ""}));
  auto header = json::parse(decoded(jws["protected"]));
  EXPECT_EQ(header["kid"], "https://ca.test/acct/1");
  EXPECT_FALSE(header.contains("jwk"));
  EXPECT_FALSE(header.contains("nonce"));
  EXPECT_EQ(jws["payload"], "") << "POST-as-GET";
}

TEST(Jws, signatures_keep_their_width_however_small_the_numbers) {
  auto key = PrivateKey::generate(KeyAlgorithm::ecdsa_p256);
  for (int i = 0; i < 600; ++i) ASSERT_EQ(sign_raw(key, std::to_string(i)).size(), 64U);
}

// The key of RFC 7515 appendix A.3.
TEST(Jws, the_public_key_is_written_as_the_rfc_writes_it) {
  auto d = decoded("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI");
  auto x = decoded("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU");
  auto y = decoded("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
  // RFC 5915: SEQUENCE { 1, OCTET STRING d, [0] P-256, [1] BIT STRING 04 x y }
  auto der = std::string("\x30\x77\x02\x01\x01\x04\x20", 7) + d +
             std::string("\xa0\x0a\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\xa1\x44\x03\x42\x00\x04", 18) + x +
             y;
  auto key = PrivateKey::from_pem(Secret(to_pem("EC PRIVATE KEY", der)));
  std::string expected = R"({"crv":"P-256","kty":"EC","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
                         R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";
  EXPECT_EQ(jwk(key), expected);
  EXPECT_EQ(jwk_thumbprint(key), base64url(sha256(expected)));
  EXPECT_EQ(jwk_thumbprint(key), "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
  EXPECT_EQ(key_authorization("tok", key), "tok." + jwk_thumbprint(key));
}

TEST(Jws, rsa_keys_have_their_members_in_lexical_order) {
  auto text = jwk(PrivateKey::generate(KeyAlgorithm::rsa_2048));
  EXPECT_TRUE(text.starts_with(R"({"e":"AQAB","kty":"RSA","n":")")) << text;
}

TEST(Jws, an_account_binding_is_signed_with_the_cas_key) {
  auto key = PrivateKey::generate(KeyAlgorithm::ecdsa_p256);
  std::string hmac_key(32, 'k');
  auto jws = json::parse(
      external_account_binding(key, "kid-1", Secret(base64url(hmac_key)), "https://ca.test/acct"));
  EXPECT_EQ(json::parse(decoded(jws["protected"])),
            json({{"alg", "HS256"}, {"kid", "kid-1"}, {"url", "https://ca.test/acct"}}));
  EXPECT_EQ(decoded(jws["payload"]), jwk(key));
  auto input = jws["protected"].get<std::string>() + "." + jws["payload"].get<std::string>();
  std::string mac(32, '\0');
  HMAC(EVP_sha256(), hmac_key.data(), static_cast<int>(hmac_key.size()), raw(input), input.size(),
       reinterpret_cast<unsigned char*>(mac.data()), nullptr);
  EXPECT_EQ(decoded(jws["signature"]), mac);
  for (const char* bad : {"", "not base64!", "a+b/"}) {
    auto failure = failure_of([&] { external_account_binding(key, "k", Secret::of(bad), "u"); });
    EXPECT_EQ(failure.fault(), Fault::usage);
  }
}

TEST(Jws, text_that_is_not_utf8_is_refused) {
  auto key = PrivateKey::generate(KeyAlgorithm::ecdsa_p256);
  auto call = [&] { sign_jws(key, {.url = "https://ca.test/\xff", .nonce = "", .kid = "k", .payload = ""}); };
  expect_says(failure_of(call), "UTF-8");
}

TEST(Jws, a_key_that_no_ca_takes_is_refused) {
  PkeyPtr p521(EVP_EC_gen(SN_secp521r1));
  std::unique_ptr<PKCS8_PRIV_KEY_INFO, FreedBy<PKCS8_PRIV_KEY_INFO_free>> info(EVP_PKEY2PKCS8(p521.get()));
  auto key = PrivateKey::from_pem(
      Secret(to_pem("PRIVATE KEY", der_of<PKCS8_PRIV_KEY_INFO>(info.get(), i2d_PKCS8_PRIV_KEY_INFO))));
  EXPECT_EQ(key.algorithm(), "ecdsa-p521");
  expect_says(failure_of([&] { jwk(key); }), "ecdsa-p521");
}

}  // namespace
}  // namespace certfleet::pki
