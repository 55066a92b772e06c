#include "tests/support/issuer/issuer.h"

#include <openssl/bn.h>
#include <openssl/x509v3.h>

#include "lib/pki/openssl.h"
#include "lib/pki/random.h"

namespace certfleet::testing {

namespace {

using pki::Certificate;
using pki::must;
using pki::PrivateKey;

void set_serial(X509* certificate, long serial) {
  auto bytes = pki::random_bytes(16);
  bytes[0] = static_cast<char>(static_cast<unsigned char>(bytes[0]) & 0x7fU);
  pki::BignumPtr number(BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()),
                                  static_cast<int>(bytes.size()), nullptr));
  if (serial != 0) must(BN_set_word(number.get(), static_cast<unsigned long>(serial)), "serial");
  must(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)), "serial");
}

pki::X509NamePtr name_of(const std::string& common_name) {
  pki::X509NamePtr name(X509_NAME_new());
  auto add = [&](const char* field, const std::string& value) {
    must(X509_NAME_add_entry_by_txt(name.get(), field, MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(value.data()),
                                    static_cast<int>(value.size()), -1, 0),
         "name");
  };
  add("O", "Test");
  if (!common_name.empty()) add("CN", common_name);
  return name;
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  auto* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  must(extension, value);
  must(X509_add_ext(certificate, extension, -1), value);
  X509_EXTENSION_free(extension);
}

// `issuer` is null for a self-signed one.
Certificate make(const CertificateSpec& spec, const PrivateKey& key, const Certificate* issuer,
                 const PrivateKey& issuer_key) {
  pki::X509Ptr certificate(X509_new());
  pki::X509Ptr signer;
  if (issuer != nullptr) {
    const auto* at = reinterpret_cast<const unsigned char*>(issuer->der().data());
    signer.reset(d2i_X509(nullptr, &at, static_cast<long>(issuer->der().size())));
  }
  auto* parent = signer ? signer.get() : certificate.get();
  must(X509_set_version(certificate.get(), X509_VERSION_3), "version");
  set_serial(certificate.get(), spec.serial);
  must(X509_set_subject_name(certificate.get(), name_of(spec.common_name).get()), "subject");
  must(X509_set_issuer_name(certificate.get(), X509_get_subject_name(parent)), "issuer");
  must(ASN1_TIME_set_string_X509(X509_getm_notBefore(certificate.get()), spec.not_before.c_str()), "time");
  must(ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate.get()), spec.not_after.c_str()), "time");
  must(X509_set_pubkey(certificate.get(), pki::native(key)), "key");
  add_extension(certificate.get(), parent, NID_basic_constraints,
                spec.ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (spec.ca) add_extension(certificate.get(), parent, NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(certificate.get(), parent, NID_subject_key_identifier, "hash");
  if (issuer != nullptr) add_extension(certificate.get(), parent, NID_authority_key_identifier, "keyid");
  std::string names;
  for (const auto& each : spec.sans) names += (names.empty() ? "" : ",") + each;
  if (!names.empty()) add_extension(certificate.get(), parent, NID_subject_alt_name, names);
  must(X509_sign(certificate.get(), pki::native(issuer_key), EVP_sha256()), "sign");
  return Certificate::from_der(pki::der_of<X509>(certificate.get(), i2d_X509));
}

std::unique_ptr<PrivateKey> new_key() {
  return std::make_unique<PrivateKey>(PrivateKey::generate(pki::KeyAlgorithm::ecdsa_p256));
}

}  // namespace

Issuer::Issuer(std::unique_ptr<PrivateKey> key, Certificate certificate)
    : key_(std::move(key)), certificate_(std::move(certificate)) {}

Issuer Issuer::root(const std::string& common_name) {
  auto key = new_key();
  auto certificate = make({.common_name = common_name, .ca = true}, *key, nullptr, *key);
  return {std::move(key), std::move(certificate)};
}

Issuer Issuer::intermediate(const std::string& common_name) const {
  auto key = new_key();
  auto certificate = issue({.common_name = common_name, .ca = true}, *key);
  return {std::move(key), std::move(certificate)};
}

Certificate Issuer::cross_signed(const Issuer& subject) const {
  return issue({.common_name = subject.certificate().common_name(), .ca = true}, subject.key());
}

Certificate Issuer::issue(const CertificateSpec& spec, const PrivateKey& key) const {
  return make(spec, key, &certificate_, *key_);
}

Certificate Issuer::issue_for(const std::string& name, const PrivateKey& key) const {
  return issue({.common_name = name, .sans = {"DNS:" + name}}, key);
}

Certificate self_signed(const CertificateSpec& spec, const PrivateKey& key) {
  return make(spec, key, nullptr, key);
}

}  // namespace certfleet::testing
