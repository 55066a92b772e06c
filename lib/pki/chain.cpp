#include "lib/pki/chain.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/base/error.h"
#include "lib/pki/host_name.h"
#include "lib/pki/limits.h"
#include "lib/pki/pem.h"
#include "lib/pki/printable.h"
#include "lib/pki/trace_ids.h"

namespace certfleet::pki {

namespace {

using Certificates = std::vector<Certificate>;

template <class... Arguments>
[[noreturn]] void refuse(int trace_id, const Text& why, const Arguments&... arguments) {
  throw Failure(Fault::usage, trace_id, why, arguments...);
}

Saying name_of(const Certificate& certificate) {
  return saying({"\"{}\" (シリアル番号 {})", "\"{}\" (serial {})"}, printable(certificate.subject()),
                show_serial(certificate.serial()));
}

void refuse_repetitions(const Certificates& certificates) {
  for (auto at = certificates.begin(); at != certificates.end(); ++at)
    if (std::find(certificates.begin(), at, *at) != at)
      refuse(trace_duplicate_or_unrelated, {"証明書 {} が重複しています", "the certificate {} comes twice"}, name_of(*at));
}

// The one that signed none of the others.
Certificates::iterator find_leaf(Certificates& certificates) {
  auto leaf = certificates.end();
  for (auto at = certificates.begin(); at != certificates.end(); ++at) {
    bool issuer = std::any_of(certificates.begin(), certificates.end(), [&](const Certificate& other) {
      return !(other == *at) && other.issued_by(*at);
    });
    if (issuer) continue;
    if (leaf != certificates.end())
      refuse(trace_duplicate_or_unrelated, {"証明書 {} と {} は 1 つのチェーンになりません",
                                            "the certificates {} and {} don't belong to one chain"},
             name_of(*leaf), name_of(*at));
    leaf = at;
  }
  if (leaf == certificates.end())
    refuse(trace_duplicate_or_unrelated, {"証明書が互いに署名しています", "the certificates sign each other in a circle"});
  return leaf;
}

Certificate take(Certificates& from, Certificates::iterator at) {
  auto taken = std::move(*at);
  from.erase(at);
  return taken;
}

Chain order(Certificates certificates) {
  refuse_repetitions(certificates);
  Chain chain{take(certificates, find_leaf(certificates)), {}, {}};
  while (!certificates.empty()) {
    const auto& last = chain.intermediates.empty() ? chain.leaf : chain.intermediates.back();
    auto issuer = certificates.end();
    if (!last.self_signed())
      issuer = std::find_if(certificates.begin(), certificates.end(),
                            [&](const Certificate& each) { return last.issued_by(each); });
    if (issuer == certificates.end())
      refuse(trace_duplicate_or_unrelated,
             {"証明書 {} は {} のチェーンに属しません", "the certificate {} does not belong to the chain of {}"},
             name_of(certificates.front()), name_of(chain.leaf));
    chain.intermediates.push_back(take(certificates, issuer));
  }
  if (!chain.intermediates.empty() && chain.intermediates.back().self_signed()) {
    chain.root = std::move(chain.intermediates.back());
    chain.intermediates.pop_back();
  }
  return chain;
}

bool has_name(const Certificate& certificate, const std::string& name) {
  const auto& names = certificate.dns_names();
  return std::find(names.begin(), names.end(), name) != names.end();
}

void check_names(const Certificate& leaf, const Expected& expected) {
  auto common_name = normalize_common_name(expected.common_name);
  bool same = leaf.common_name().empty() ? has_name(leaf, common_name)
                                         : lower_case(leaf.common_name()) == common_name;
  if (!same)
    refuse(trace_common_name_mismatch,
           {"証明書のコモンネームは \"{}\"、サービスのコモンネームは \"{}\" です",
            "the certificate's common name is \"{}\", the service's is \"{}\""},
           printable(leaf.common_name()), common_name);
  for (const auto& name : normalize_sans(common_name, expected.sans))
    if (!has_name(leaf, name))
      refuse(trace_common_name_mismatch,
             {"\"{}\" の証明書に \"{}\" がありません", "the certificate of \"{}\" lacks the name \"{}\""}, common_name,
             name);
}

}  // namespace

std::string Chain::intermediates_pem() const {
  std::string text;
  for (const auto& each : intermediates) text += each.pem();
  return text;
}

std::string Chain::full_pem() const {
  return leaf.pem() + intermediates_pem();
}

std::vector<Certificate> certificates_from_pem(std::string_view pem) {
  auto blocks = parse_pem(pem);
  if (blocks.empty()) refuse(trace_malformed, {"PEM 形式の証明書がありません", "the text holds no certificate in PEM form"});
  for (const auto& block : blocks)
    if (block.label != "CERTIFICATE" && block.label != "X509 CERTIFICATE")
      refuse(trace_malformed,
             {"証明書でないもの ({}) が含まれています", "the text holds a {} where certificates are asked for"},
             block.label);
  if (blocks.size() > chain_certificates_max)
    refuse(trace_malformed, {"証明書が {} 個あります ({} 個まで)", "the text holds {} certificates, {} are allowed"},
           blocks.size(), chain_certificates_max);
  std::vector<Certificate> certificates;
  for (const auto& block : blocks) certificates.push_back(Certificate::from_der(block.der.view()));
  return certificates;
}

Chain order_chain(std::string_view pem) {
  return order(certificates_from_pem(pem));
}

Chain order_chain(std::string_view leaf_pem, std::string_view chain_pem) {
  auto leaf = Certificate::from_pem(leaf_pem);
  Certificates certificates{leaf};
  if (chain_pem.find_first_not_of(" \t\r\n") != std::string_view::npos)
    for (auto& each : certificates_from_pem(chain_pem)) certificates.push_back(std::move(each));
  if (certificates.size() > chain_certificates_max)
    refuse(trace_malformed, {"証明書が {} 個あります ({} 個まで)", "there are {} certificates, {} are allowed"},
           certificates.size(), chain_certificates_max);
  auto chain = order(std::move(certificates));
  if (!(chain.leaf == leaf))
    refuse(trace_duplicate_or_unrelated,
           {"サーバー証明書として渡された {} は {} に署名したものです",
            "{} is given as the server's certificate, but it signed {}"},
           name_of(leaf), name_of(chain.leaf));
  return chain;
}

void check_fits(const Chain& chain, const Expected& expected) {
  check_names(chain.leaf, expected);
  if (expected.key != nullptr && !chain.leaf.matches(*expected.key))
    refuse(trace_key_mismatch,
           {"秘密鍵が証明書 {} と対になっていません", "the private key does not fit the certificate {}"},
           name_of(chain.leaf));
  if (expected.registered_spki_sha256 && *expected.registered_spki_sha256 != chain.leaf.spki_sha256())
    refuse(trace_registered_mismatch,
           {"サービスの秘密鍵が証明書 {} と対になっていません",
            "the service's private key does not fit the certificate {}"},
           name_of(chain.leaf));
}

}  // namespace certfleet::pki
