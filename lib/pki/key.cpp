#include "lib/pki/key.h"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>

#include "lib/base/error.h"
#include "lib/pki/limits.h"
#include "lib/pki/openssl.h"
#include "lib/pki/pem.h"
#include "lib/pki/text.h"
#include "lib/pki/trace_ids.h"

namespace certfleet::pki {

namespace {

constexpr int rsa_bits_min = 2048;  // what CAs still sign (CA/Browser Forum BR 6.1.5)

struct Named {
  KeyAlgorithm algorithm;
  std::string_view name;
};
constexpr std::array algorithms = {
    Named{KeyAlgorithm::rsa_2048, "rsa-2048"},
    Named{KeyAlgorithm::rsa_4096, "rsa-4096"},
    Named{KeyAlgorithm::ecdsa_p256, "ecdsa-p256"},
    Named{KeyAlgorithm::ecdsa_p384, "ecdsa-p384"},
};

struct Curve {
  std::string_view group;  // OpenSSL's name
  std::string_view name;
};
constexpr std::array curves = {
    Curve{SN_X9_62_prime256v1, "ecdsa-p256"},
    Curve{SN_secp384r1, "ecdsa-p384"},
    Curve{SN_secp521r1, "ecdsa-p521"},
};

template <class... Arguments>
[[noreturn]] void refuse(const Text& why, const Arguments&... arguments) {
  throw Failure(Fault::usage, trace_malformed, Text{"秘密鍵: {}", "private key: {}"}, saying(why, arguments...));
}

std::string text_parameter(const EVP_PKEY* key, const char* parameter) {
  std::array<char, 80> value{};
  std::size_t size = 0;
  if (EVP_PKEY_get_utf8_string_param(key, parameter, value.data(), value.size(), &size) != 1) return {};
  return {value.data(), size};
}

std::string_view curve_of(const EVP_PKEY* key) {
  auto group = text_parameter(key, OSSL_PKEY_PARAM_GROUP_NAME);
  for (const auto& curve : curves)
    if (curve.group == group) return curve.name;
  return {};
}

// The only block that may be there, "EC PARAMETERS" before an old EC key aside.
PemBlock only_key_block(const Secret& pem) {
  std::optional<PemBlock> found;
  for (auto& block : parse_pem(pem.view())) {
    if (block.label == "EC PARAMETERS") continue;
    if (!block.label.ends_with("PRIVATE KEY")) refuse({"{} も含まれています", "the text holds a {} too"}, block.label);
    if (found) refuse({"鍵が 2 つ以上含まれています", "the text holds more than one"});
    found = std::move(block);
  }
  if (!found) refuse({"PEM 形式のブロックがありません", "the text holds no PEM block"});
  if (found->encrypted || found->label == "ENCRYPTED PRIVATE KEY")
    refuse({"暗号化されています。先に復号してください", "it is encrypted; decrypt it first"});
  return std::move(*found);
}

PkeyPtr decode(const PemBlock& block) {
  const auto* at = block.der.data();
  const auto* end = at + block.der.size();
  auto size = static_cast<long>(block.der.size());
  PkeyPtr key;
  if (block.label == "PRIVATE KEY")
    key.reset(d2i_AutoPrivateKey(nullptr, &at, size));
  else if (block.label == "RSA PRIVATE KEY")
    key.reset(d2i_PrivateKey(EVP_PKEY_RSA, nullptr, &at, size));
  else if (block.label == "EC PRIVATE KEY")
    key.reset(d2i_PrivateKey(EVP_PKEY_EC, nullptr, &at, size));
  else
    refuse({"{} には対応していません", "a {} is not supported"}, block.label);
  if (!key) refuse({"壊れています ({})", "it is damaged ({})"}, openssl_reason());
  if (at != end) refuse({"後ろに余分なデータがあります", "bytes follow it"});
  return key;
}

void check_kind(const EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
      if (EVP_PKEY_get_bits(key) < rsa_bits_min || EVP_PKEY_get_bits(key) > public_key_bits_max)
        refuse({"RSA {} ビットの鍵です (対応は 2048～{} ビット)", "an RSA key of {} bits; 2048 to {} are supported"},
               EVP_PKEY_get_bits(key), public_key_bits_max);
      return;
    case EVP_PKEY_EC:
      // A curve given by its numbers could be any curve, and no CA takes it.
      if (text_parameter(key, OSSL_PKEY_PARAM_EC_ENCODING) != OSSL_PKEY_EC_ENCODING_GROUP ||
          curve_of(key).empty())
        refuse({"P-256・P-384・P-521 以外の曲線の EC 鍵です",
                "an EC key on another curve than P-256, P-384 or P-521"});
      return;
    default:
      refuse({"RSA でも EC でもありません", "it is neither RSA nor EC"});
  }
}

void check_consistent(EVP_PKEY* key) {
  PkeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  must(context.get(), "check a key");
  if (EVP_PKEY_check(context.get()) != 1) {
    openssl_reason();
    refuse({"鍵の数値が合いません", "its numbers don't fit together"});
  }
}

}  // namespace

std::string_view to_string(KeyAlgorithm algorithm) {
  for (const auto& each : algorithms)
    if (each.algorithm == algorithm) return each.name;
  return "unknown";
}

std::optional<KeyAlgorithm> key_algorithm_from(std::string_view text) {
  for (const auto& each : algorithms)
    if (each.name == text) return each.algorithm;
  return std::nullopt;
}

PrivateKey::PrivateKey(std::unique_ptr<Native> native) : native_(std::move(native)) {}
PrivateKey::~PrivateKey() = default;
PrivateKey::PrivateKey(PrivateKey&& other) noexcept = default;
PrivateKey& PrivateKey::operator=(PrivateKey&& other) noexcept = default;

PrivateKey PrivateKey::generate(KeyAlgorithm algorithm) {
  PkeyPtr key;
  switch (algorithm) {
    case KeyAlgorithm::rsa_2048:
      key.reset(EVP_RSA_gen(2048));
      break;
    case KeyAlgorithm::rsa_4096:
      key.reset(EVP_RSA_gen(4096));
      break;
    case KeyAlgorithm::ecdsa_p256:
      key.reset(EVP_EC_gen(SN_X9_62_prime256v1));
      break;
    case KeyAlgorithm::ecdsa_p384:
      key.reset(EVP_EC_gen(SN_secp384r1));
      break;
  }
  must(key.get(), fmt::format("generate a key {}", to_string(algorithm)));
  return PrivateKey(std::make_unique<Native>(Native{std::move(key)}));
}

PrivateKey PrivateKey::from_pem(const Secret& pem) {
  auto key = decode(only_key_block(pem));
  check_kind(key.get());
  check_consistent(key.get());
  // One form of the public point, so that equal keys have equal hashes.
  if (EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_EC)
    must(EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                        OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED),
         "set the form of a key");
  return PrivateKey(std::make_unique<Native>(Native{std::move(key)}));
}

Secret PrivateKey::to_pem() const {
  BioPtr out(BIO_new(BIO_s_secmem()));  // wiped when it grows and when it is freed
  must(out.get(), "write a key");
  must(PEM_write_bio_PKCS8PrivateKey(out.get(), native_->pkey.get(), nullptr, nullptr, 0, nullptr, nullptr),
       "write a key");
  char* text = nullptr;
  auto size = BIO_get_mem_data(out.get(), &text);
  return Secret::of({text, static_cast<std::size_t>(size)});
}

std::string PrivateKey::public_pem() const {
  return pki::to_pem("PUBLIC KEY", der_of<EVP_PKEY>(native_->pkey.get(), i2d_PUBKEY));
}

std::string PrivateKey::spki_sha256() const {
  return sha256_hex(der_of<EVP_PKEY>(native_->pkey.get(), i2d_PUBKEY));
}

std::string PrivateKey::algorithm() const {
  const auto* key = native_->pkey.get();
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) return fmt::format("rsa-{}", EVP_PKEY_get_bits(key));
  return std::string(curve_of(key));
}

}  // namespace certfleet::pki
