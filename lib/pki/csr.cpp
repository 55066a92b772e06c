#include "lib/pki/csr.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/error.h"
#include "lib/pki/host_name.h"
#include "lib/pki/limits.h"
#include "lib/pki/openssl.h"
#include "lib/pki/pem.h"
#include "lib/pki/printable.h"
#include "lib/pki/text.h"
#include "lib/pki/trace_ids.h"

namespace certfleet::pki {

namespace {

template <class... Arguments>
[[noreturn]] void refuse(const Text& why, const Arguments&... arguments) {
  throw Failure(Fault::usage, trace_malformed, Text{"CSR: {}", "CSR: {}"}, saying(why, arguments...));
}

void check_field(const Text& name, std::string_view value, std::size_t bytes_max) {
  auto fail = [&](const Saying& why) {
    throw Failure(Fault::usage, Text{"{} \"{}\": {}", "{} \"{}\" {}"}, name, printable(value), why);
  };
  if (value.size() > bytes_max)
    fail(saying({"{} バイトあります ({} バイトまで)", "has {} bytes, {} are allowed"}, value.size(), bytes_max));
  if (!is_utf8(value)) fail(saying({"UTF-8 ではありません", "is not UTF-8"}));
  if (printable(value, value.size()) != value) fail(saying({"制御文字があります", "has control characters"}));
}

void check_email(std::string_view email) {
  if (email.empty()) return;
  bool ascii = std::all_of(email.begin(), email.end(), [](char c) { return c > ' ' && c < 0x7f; });
  auto at = email.find('@');
  if (!ascii || at == 0 || at == std::string_view::npos || at + 1 == email.size() ||
      email.find('@', at + 1) != std::string_view::npos)
    throw Failure(Fault::usage, Text{"\"{}\" はメールアドレスではありません", "mail address \"{}\" is none"}, printable(email));
}

X509NamePtr make_name(const Subject& subject, const std::string& common_name) {
  X509NamePtr name(X509_NAME_new());
  must(name.get(), "make a CSR");
  auto add = [&](int nid, const std::string& value) {
    if (value.empty()) return;
    // From UTF-8, OpenSSL takes UTF8String, and PrintableString or IA5String where RFC 5280 asks for it.
    must(X509_NAME_add_entry_by_NID(name.get(), nid, MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(value.data()),
                                    static_cast<int>(value.size()), -1, 0),
         fmt::format("put the {} into a CSR", OBJ_nid2ln(nid)));
  };
  add(NID_countryName, subject.country);
  add(NID_stateOrProvinceName, subject.state);
  add(NID_localityName, subject.locality);
  add(NID_organizationName, subject.organization);
  add(NID_organizationalUnitName, subject.unit);
  add(NID_commonName, common_name);
  add(NID_pkcs9_emailAddress, subject.email);
  return name;
}

void add_dns_name(GENERAL_NAMES* names, const std::string& dns_name) {
  auto* value = ASN1_IA5STRING_new();
  must(value, "make a CSR");
  auto* entry = GENERAL_NAME_new();
  if (entry == nullptr) ASN1_IA5STRING_free(value);
  must(entry, "make a CSR");
  GENERAL_NAME_set0_value(entry, GEN_DNS, value);  // takes the value
  bool added = ASN1_STRING_set(value, dns_name.data(), static_cast<int>(dns_name.size())) == 1 &&
               sk_GENERAL_NAME_push(names, entry) > 0;
  if (!added) GENERAL_NAME_free(entry);
  must(added ? 1 : 0, "make a CSR");
}

void add_alternative_names(X509_REQ* request, const std::string& common_name,
                           const std::vector<std::string>& sans) {
  GeneralNamesPtr names(sk_GENERAL_NAME_new_null());
  must(names.get(), "make a CSR");
  add_dns_name(names.get(), common_name);
  for (const auto& each : sans) add_dns_name(names.get(), each);
  STACK_OF(X509_EXTENSION)* raw = nullptr;
  int added = X509V3_add1_i2d(&raw, NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT);
  ExtensionsPtr extensions(raw);
  must(added, "make a CSR");
  must(X509_REQ_add_extensions(request, extensions.get()), "make a CSR");
}

// The alternative names that the request asks for; nullptr if there are none.
GeneralNamesPtr alternative_names(X509_REQ* request) {
  ExtensionsPtr extensions(X509_REQ_get_extensions(request));
  if (!extensions) return nullptr;
  int critical = 0;
  GeneralNamesPtr names(static_cast<GENERAL_NAMES*>(
      X509V3_get_d2i(extensions.get(), NID_subject_alt_name, &critical, nullptr)));
  if (!names && critical != -1) refuse({"別名が壊れています", "its alternative names are damaged"});  // -1: there are none
  return names;
}

X509ReqPtr decode(std::string_view der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* end = at + der.size();
  X509ReqPtr request(d2i_X509_REQ(nullptr, &at, static_cast<long>(der.size())));
  if (!request) refuse({"壊れています ({})", "it is damaged ({})"}, openssl_reason());
  if (at != end) refuse({"後ろに余分なデータがあります", "bytes follow it"});
  return request;
}

// Proves that whoever made the request held the key.
void check_signature(X509_REQ* request) {
  auto* key = X509_REQ_get0_pubkey(request);
  if (key == nullptr) refuse({"公開鍵を読み取れません ({})", "its public key can't be read ({})"}, openssl_reason());
  if (EVP_PKEY_get_bits(key) > public_key_bits_max)
    refuse({"鍵が {} ビットを超えています", "its key has more than {} bits"}, public_key_bits_max);
  if (X509_REQ_verify(request, key) != 1) {
    openssl_reason();
    refuse({"署名が正しくありません", "its signature is wrong"});
  }
}

}  // namespace

void check_subject(const Subject& subject) {
  normalize_common_name(subject.common_name);
  bool country = subject.country.size() == 2 && std::all_of(subject.country.begin(), subject.country.end(),
                                                            [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!subject.country.empty() && !country)
    throw Failure(Fault::usage,
                  Text{"国名 \"{}\" は大文字 2 字ではありません", "country \"{}\" is not two capital letters"},
                  printable(subject.country));
  check_field({"都道府県", "state"}, subject.state, state_bytes_max);
  check_field({"市区町村", "locality"}, subject.locality, locality_bytes_max);
  check_field({"組織名", "organization"}, subject.organization, organization_bytes_max);
  check_field({"部門", "unit"}, subject.unit, unit_bytes_max);
  check_field({"メールアドレス", "mail address"}, subject.email, email_bytes_max);
  check_email(subject.email);
}

std::string make_csr(const PrivateKey& key, const Subject& subject, const std::vector<std::string>& sans) {
  check_subject(subject);
  auto common_name = normalize_common_name(subject.common_name);
  auto others = normalize_sans(common_name, sans);
  X509ReqPtr request(X509_REQ_new());
  must(request.get(), "make a CSR");
  must(X509_REQ_set_version(request.get(), X509_REQ_VERSION_1), "make a CSR");
  must(X509_REQ_set_subject_name(request.get(), make_name(subject, common_name).get()), "make a CSR");
  must(X509_REQ_set_pubkey(request.get(), native(key)), "make a CSR");
  add_alternative_names(request.get(), common_name, others);
  must(X509_REQ_sign(request.get(), native(key), EVP_sha256()), "sign a CSR");
  return to_pem("CERTIFICATE REQUEST", der_of<X509_REQ>(request.get(), i2d_X509_REQ));
}

Csr Csr::from_pem(std::string_view pem) {
  auto blocks = parse_pem(pem);
  if (blocks.empty()) refuse({"PEM 形式のブロックがありません", "the text holds no PEM block"});
  for (const auto& block : blocks)
    if (block.label != "CERTIFICATE REQUEST" && block.label != "NEW CERTIFICATE REQUEST")
      refuse({"{} が含まれています", "the text holds a {}"}, block.label);
  if (blocks.size() > 1) refuse({"CSR が 2 つ以上含まれています", "the text holds more than one"});

  Csr csr;
  csr.der_ = blocks.front().der.view();
  if (csr.der_.size() > der_bytes_max)
    refuse({"{} バイトあります ({} バイトまで)", "it has {} bytes, {} are allowed"}, csr.der_.size(), der_bytes_max);
  csr.pem_ = to_pem("CERTIFICATE REQUEST", csr.der_);
  auto request = decode(csr.der_);
  check_signature(request.get());
  csr.spki_sha256_ = spki_sha256_of(X509_REQ_get_X509_PUBKEY(request.get()));
  csr.common_name_ = name_entry(X509_REQ_get_subject_name(request.get()), NID_commonName, "CSR");
  if (auto names = alternative_names(request.get())) csr.names_ = dns_names_of(names.get(), "CSR");
  try {
    auto first = normalize_dns_name(csr.common_name_, Wildcard::allowed);
    std::erase(csr.names_, first);
    csr.names_.insert(csr.names_.begin(), first);
  } catch (const Failure&) {  // a common name that is no host name, as in old requests: not one of the names
  }
  return csr;
}

}  // namespace certfleet::pki
