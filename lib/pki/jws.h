// What ACME needs of JOSE: RFC 7515 (flattened JWS), RFC 7517 (JWK), RFC 7638 (thumbprint), RFC 8555 section
// 6.2 (which algorithms). ES256 for keys on P-256, ES384 on P-384, RS256 for RSA.
#pragma once

#include <string>
#include <string_view>

#include "lib/pki/key.h"

namespace certfleet::pki {

// "ES256", "ES384" or "RS256". Failure(usage) for a key that none of them fits.
std::string jws_algorithm(const PrivateKey& key);

// The public key as a JWK: required members only, in lexical order, without blanks. That is the input of the
// thumbprint too.
std::string jwk(const PrivateKey& key);

// base64url(SHA-256(jwk(key))), RFC 7638.
std::string jwk_thumbprint(const PrivateKey& key);

// The token's answer to a challenge: token "." thumbprint (RFC 8555 section 8.1).
std::string key_authorization(std::string_view token, const PrivateKey& key);

// What goes to the CA as the body of a POST. `payload` is sent as it is; "" makes it a POST-as-GET.
struct JwsRequest {
  std::string url = {};
  std::string nonce = {};  // empty: none in the header (inner JWS of keyChange)
  std::string kid = {};    // the account's URL; empty: the key itself goes along as `jwk`
  std::string payload = {};
};
// Flattened JWS as JSON text. ECDSA signatures are r and s side by side (RFC 7518 section 3.4).
std::string sign_jws(const PrivateKey& key, const JwsRequest& request);

// The account key bound to an account at the CA (RFC 8555 section 7.3.4): a flattened JWS as JSON text, HS256
// with the base64url text that the CA gave. Failure(usage) if that is not base64url.
std::string external_account_binding(const PrivateKey& account_key, std::string_view kid,
                                     const Secret& hmac_key_base64url, std::string_view new_account_url);

// The signature alone, as JWS has it, over any bytes.
std::string sign_raw(const PrivateKey& key, std::string_view bytes);

}  // namespace certfleet::pki
