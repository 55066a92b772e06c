#include "lib/pki/certificate.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "lib/base/error.h"
#include "lib/pki/host_name.h"
#include "lib/pki/limits.h"
#include "lib/pki/openssl.h"
#include "lib/pki/pem.h"
#include "lib/pki/text.h"
#include "lib/pki/trace_ids.h"

namespace certfleet::pki {

namespace {

constexpr std::size_t serial_bytes_max = 64;  // RFC 5280 section 4.1.2.2 says 20; some CAs do not read it

template <class... Arguments>
[[noreturn]] void refuse(const Text& why, const Arguments&... arguments) {
  throw Failure(Fault::usage, trace_malformed, Text{"証明書: {}", "certificate: {}"}, saying(why, arguments...));
}

X509Ptr decode(std::string_view der) {
  if (der.size() > der_bytes_max)
    refuse({"{} バイトあります ({} バイトまで)", "it has {} bytes, {} are allowed"}, der.size(), der_bytes_max);
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* end = at + der.size();
  X509Ptr certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (!certificate) refuse({"壊れています ({})", "it is damaged ({})"}, openssl_reason());
  if (at != end) refuse({"後ろに余分なデータがあります", "bytes follow it"});
  return certificate;
}

WallTime time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) {
    openssl_reason();
    refuse({"日時が正しくありません", "a time in it is not one"});
  }
  // WallTime counts nanoseconds in 64 bits: 1677 to 2262.
  using std::chrono::sys_days;
  using std::chrono::year;
  constexpr sys_days first = year(1700) / 1 / 1;
  constexpr sys_days last = year(2261) / 12 / 31;
  auto seconds = std::chrono::sys_seconds(std::chrono::seconds(timegm(&parts)));
  return std::clamp<std::chrono::sys_seconds>(seconds, first, last);
}

std::string serial_of(const ASN1_INTEGER* serial) {
  if (static_cast<std::size_t>(ASN1_STRING_length(serial)) > serial_bytes_max)
    refuse({"シリアル番号が長すぎます", "its serial number is too long"});
  std::string bytes(reinterpret_cast<const char*>(ASN1_STRING_get0_data(serial)),
                    static_cast<std::size_t>(ASN1_STRING_length(serial)));
  bytes.erase(0, std::min(bytes.find_first_not_of('\0'), bytes.size()));
  auto hex = bytes.empty() ? std::string("00") : to_hex(bytes);
  // Negative ones exist: from CAs that forgot the sign octet. RFC 5280 asks readers to put up with them.
  return ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER ? "-" + hex : hex;
}

std::string text_of(const X509_NAME* name) {
  BioPtr out(BIO_new(BIO_s_mem()));
  must(out.get(), "read a certificate");
  constexpr unsigned long form =
      XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB;  // UTF-8 stays, controls are escaped
  if (X509_NAME_print_ex(out.get(), name, 0, form) < 0) refuse({"名前を読み取れません", "a name in it can't be read"});
  char* text = nullptr;
  auto size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

GeneralNamesPtr alternative_names(const X509* certificate) {
  int critical = 0;
  GeneralNamesPtr names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, &critical, nullptr)));
  if (!names && critical != -1) refuse({"別名が壊れています", "its alternative names are damaged"});  // -1: there are none
  return names;
}

std::vector<std::string> addresses_of(const GENERAL_NAMES* names) {
  std::vector<std::string> result;
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    int type = 0;
    const auto* value =
        static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &type));
    if (type != GEN_IPADD) continue;
    auto size = ASN1_STRING_length(value);
    if (size != 4 && size != 16) refuse({"IP アドレスの長さが正しくありません", "it has an IP address of a wrong length"});
    std::array<char, INET6_ADDRSTRLEN> shown{};
    result.emplace_back(
        inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(value), shown.data(), shown.size()));
  }
  return result;
}

std::string ari_id_of(const X509* certificate) {
  AuthorityKeyIdPtr authority(static_cast<AUTHORITY_KEYID*>(
      X509_get_ext_d2i(certificate, NID_authority_key_identifier, nullptr, nullptr)));
  if (!authority || authority->keyid == nullptr) return {};
  auto octets = [](const ASN1_STRING* value) {
    return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                       static_cast<std::size_t>(ASN1_STRING_length(value)));
  };
  // The content octets of the INTEGER with its sign octet, so without tag and one length byte (below 128).
  auto serial = der_of(X509_get0_serialNumber(certificate), i2d_ASN1_INTEGER);
  return base64url(octets(authority->keyid)) + "." + base64url(std::string_view(serial).substr(2));
}

bool may_sign_certificates(X509* certificate) {
  int kind = X509_check_ca(certificate);
  // 1: basicConstraints say so; 3: version 1 and self-signed, as the oldest roots are.
  return (kind == 1 || kind == 3) && (X509_get_key_usage(certificate) & KU_KEY_CERT_SIGN) != 0;
}

// The names fit and the signature verifies.
bool signed_by(X509* certificate, X509* issuer) {
  if (X509_NAME_cmp(X509_get_issuer_name(certificate), X509_get_subject_name(issuer)) != 0) return false;
  auto* key = X509_get0_pubkey(issuer);
  bool verified = key != nullptr && X509_verify(certificate, key) == 1;
  openssl_reason();
  return verified;
}

}  // namespace

struct CertificateParser {
  static Certificate parse(std::string_view der) {
    auto x509 = decode(der);
    auto* key = X509_get0_pubkey(x509.get());
    if (key == nullptr) refuse({"公開鍵を読み取れません ({})", "its public key can't be read ({})"}, openssl_reason());
    if (EVP_PKEY_get_bits(key) > public_key_bits_max)
      refuse({"鍵が {} ビットを超えています", "its key has more than {} bits"}, public_key_bits_max);

    Certificate result;
    result.der_ = der;
    result.pem_ = to_pem("CERTIFICATE", der);
    result.sha256_ = sha256_hex(der);
    result.serial_ = serial_of(X509_get0_serialNumber(x509.get()));
    result.common_name_ = name_entry(X509_get_subject_name(x509.get()), NID_commonName, "certificate");
    result.subject_ = text_of(X509_get_subject_name(x509.get()));
    result.issuer_ = text_of(X509_get_issuer_name(x509.get()));
    result.not_before_ = time_of(X509_get0_notBefore(x509.get()));
    result.not_after_ = time_of(X509_get0_notAfter(x509.get()));
    result.spki_sha256_ = spki_sha256_of(X509_get_X509_PUBKEY(x509.get()));
    if (auto names = alternative_names(x509.get())) {
      result.has_alternative_names_ = true;
      result.dns_names_ = dns_names_of(names.get(), "certificate");
      result.addresses_ = addresses_of(names.get());
    }
    result.ari_id_ = ari_id_of(x509.get());
    result.is_ca_ = may_sign_certificates(x509.get());
    result.self_signed_ = signed_by(x509.get(), x509.get());
    openssl_reason();  // extensions that could not be read leave errors behind
    return result;
  }
};

Certificate Certificate::from_der(std::string_view der) {
  return CertificateParser::parse(der);
}

Certificate Certificate::from_pem(std::string_view pem) {
  auto blocks = parse_pem(pem);
  if (blocks.empty()) refuse({"PEM 形式のブロックがありません", "the text holds no PEM block"});
  for (const auto& block : blocks)
    if (block.label != "CERTIFICATE" && block.label != "X509 CERTIFICATE")
      refuse({"{} が含まれています", "the text holds a {}"}, block.label);
  if (blocks.size() > 1)
    throw Failure(Fault::usage, trace_several_certificates,
                  Text{"証明書が {} 個含まれています (1 個だけ必要です)",
                       "the text holds {} certificates where one is asked for"},
                  blocks.size());
  return from_der(blocks.front().der.view());
}

bool Certificate::covers(std::string_view host) const {
  if (is_ip_address(host)) {
    auto address = normalize_host(host);
    return std::find(addresses_.begin(), addresses_.end(), address) != addresses_.end();
  }
  if (!has_alternative_names_) return dns_name_matches(common_name_, host);
  return std::any_of(dns_names_.begin(), dns_names_.end(),
                     [&](const std::string& name) { return dns_name_matches(name, host); });
}

bool Certificate::issued_by(const Certificate& issuer) const {
  return issuer.is_ca_ && signed_by(decode(der_).get(), decode(issuer.der_).get());
}

std::string show_serial(std::string_view serial) {
  return fmt::format("0x{}", serial);
}

}  // namespace certfleet::pki
