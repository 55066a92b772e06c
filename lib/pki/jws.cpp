#include "lib/pki/jws.h"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/hmac.h>

#include <array>
#include <nlohmann/json.hpp>

#include "lib/base/error.h"
#include "lib/pki/openssl.h"
#include "lib/pki/text.h"

namespace certfleet::pki {

namespace {

struct Algorithm {
  std::string_view key;  // PrivateKey::algorithm(), or its start
  std::string_view jws;
  std::string_view curve;    // RFC 7518 section 6.2.1.1; empty: RSA
  std::size_t number_bytes;  // of r, s, x and y
  const EVP_MD* (*digest)();
};
constexpr std::array algorithms = {
    Algorithm{"ecdsa-p256", "ES256", "P-256", 32, EVP_sha256},
    Algorithm{"ecdsa-p384", "ES384", "P-384", 48, EVP_sha384},
    Algorithm{"rsa-", "RS256", "", 0, EVP_sha256},
};

const Algorithm& algorithm_of(const PrivateKey& key) {
  auto name = key.algorithm();
  for (const auto& each : algorithms)
    if (name.starts_with(each.key)) return each;
  throw Failure(Fault::usage, Text{"鍵 {} では認証局への要求に署名できません", "a key {} can't sign requests to a CA"}, name);
}

// Big-endian; padded to `size` bytes, or as short as it is.
std::string number_bytes(const BIGNUM* number, std::size_t size = 0) {
  if (size == 0) size = static_cast<std::size_t>(BN_num_bytes(number));
  std::string bytes(size, '\0');
  CERTFLEET_INVARIANT(
      BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(size)) >= 0,
      "a number larger than its field");
  return bytes;
}

std::string parameter(const PrivateKey& key, const char* name, std::size_t size = 0) {
  BIGNUM* number = nullptr;
  must(EVP_PKEY_get_bn_param(native(key), name, &number), "read a public key");
  return base64url(number_bytes(BignumPtr(number).get(), size));
}

// r and s side by side (RFC 7518 section 3.4), from the DER that OpenSSL makes.
std::string side_by_side(std::string_view der, std::size_t size) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  EcdsaSigPtr signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  must(signature.get(), "read a signature");
  return number_bytes(ECDSA_SIG_get0_r(signature.get()), size) +
         number_bytes(ECDSA_SIG_get0_s(signature.get()), size);
}

std::string json_text(const nlohmann::json& json) {
  try {
    return json.dump();
  } catch (const nlohmann::json::exception&) {
    throw Failure(Fault::usage, Text{"認証局への要求に UTF-8 でない文字があります",
                                      "a request to a CA would hold text that isn't UTF-8"});
  }
}

std::string flattened(std::string_view header, std::string_view payload, std::string_view signature) {
  return json_text({{"protected", header}, {"payload", payload}, {"signature", signature}});
}

}  // namespace

std::string jws_algorithm(const PrivateKey& key) {
  return std::string(algorithm_of(key).jws);
}

std::string jwk(const PrivateKey& key) {
  const auto& algorithm = algorithm_of(key);
  // nlohmann's objects are sorted by name: the lexical order that RFC 7638 section 3.3 asks for.
  if (algorithm.curve.empty())
    return json_text({{"e", parameter(key, OSSL_PKEY_PARAM_RSA_E)},
                      {"kty", "RSA"},
                      {"n", parameter(key, OSSL_PKEY_PARAM_RSA_N)}});
  return json_text({{"crv", algorithm.curve},
                    {"kty", "EC"},
                    {"x", parameter(key, OSSL_PKEY_PARAM_EC_PUB_X, algorithm.number_bytes)},
                    {"y", parameter(key, OSSL_PKEY_PARAM_EC_PUB_Y, algorithm.number_bytes)}});
}

std::string jwk_thumbprint(const PrivateKey& key) {
  return base64url(sha256(jwk(key)));
}

std::string key_authorization(std::string_view token, const PrivateKey& key) {
  return fmt::format("{}.{}", token, jwk_thumbprint(key));
}

std::string sign_raw(const PrivateKey& key, std::string_view bytes) {
  const auto& algorithm = algorithm_of(key);
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  DigestContextPtr context(EVP_MD_CTX_new());
  must(context.get(), "sign");
  must(EVP_DigestSignInit(context.get(), nullptr, algorithm.digest(), nullptr, native(key)), "sign");
  std::size_t size = 0;
  must(EVP_DigestSign(context.get(), nullptr, &size, data, bytes.size()), "sign");
  std::string signature(size, '\0');
  must(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, data,
                      bytes.size()),
       "sign");
  signature.resize(size);
  return algorithm.curve.empty() ? signature : side_by_side(signature, algorithm.number_bytes);
}

std::string sign_jws(const PrivateKey& key, const JwsRequest& request) {
  nlohmann::json header = {{"alg", algorithm_of(key).jws}, {"url", request.url}};
  if (!request.nonce.empty()) header["nonce"] = request.nonce;
  if (request.kid.empty())
    header["jwk"] = nlohmann::json::parse(jwk(key));
  else
    header["kid"] = request.kid;
  auto encoded_header = base64url(json_text(header));
  auto payload = base64url(request.payload);
  return flattened(encoded_header, payload, base64url(sign_raw(key, encoded_header + "." + payload)));
}

std::string external_account_binding(const PrivateKey& account_key, std::string_view kid,
                                     const Secret& hmac_key_base64url, std::string_view new_account_url) {
  auto decoded = from_base64url(hmac_key_base64url.view());
  if (!decoded || decoded->empty())
    throw Failure(Fault::usage, Text{"認証局の EAB の鍵が base64url ではありません",
                                      "the CA's account binding key is not base64url"});
  Secret hmac_key(std::move(*decoded));
  auto header = base64url(json_text({{"alg", "HS256"}, {"kid", kid}, {"url", new_account_url}}));
  auto payload = base64url(jwk(account_key));
  auto input = header + "." + payload;
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned int size = 0;
  must(HMAC(EVP_sha256(), hmac_key.data(), static_cast<int>(hmac_key.size()),
            reinterpret_cast<const unsigned char*>(input.data()), input.size(), mac.data(), &size),
       "sign the account binding");
  return flattened(header, payload, base64url({reinterpret_cast<const char*>(mac.data()), size}));
}

}  // namespace certfleet::pki
