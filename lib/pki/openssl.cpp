#include "lib/pki/openssl.h"

#include <fmt/format.h>
#include <openssl/err.h>

#include "lib/base/error.h"
#include "lib/pki/limits.h"
#include "lib/pki/printable.h"
#include "lib/pki/text.h"
#include "lib/pki/trace_ids.h"

namespace certfleet::pki {

void FreeExtensions::operator()(STACK_OF(X509_EXTENSION) * list) const {
  sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
}

std::string openssl_reason() {
  auto code = ERR_peek_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  std::string text = reason == nullptr ? "no reason given" : reason;
  ERR_clear_error();
  return text;
}

void must(int result, std::string_view what) {
  if (result <= 0) throw Failure(Fault::permanent, fmt::format("{}: {}", what, openssl_reason()));
}

void must(const void* result, std::string_view what) {
  must(result != nullptr ? 1 : 0, what);
}

std::string spki_sha256_of(const X509_PUBKEY* key) {
  return sha256_hex(der_of(key, i2d_X509_PUBKEY));
}

std::string name_entry(const X509_NAME* name, int nid, std::string_view what) {
  int at = -1;
  for (int next = -1; (next = X509_NAME_get_index_by_NID(name, nid, next)) >= 0;) at = next;
  if (at < 0) return {};
  const auto* value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
  unsigned char* utf8 = nullptr;
  int size = ASN1_STRING_to_UTF8(&utf8, value);
  std::string text;
  if (size >= 0) text.assign(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  ERR_clear_error();
  // A zero inside makes a name look shorter to some readers than to others.
  if (size < 0 || !is_utf8(text) || text.find('\0') != std::string::npos)
    throw Failure(Fault::usage, trace_malformed,
                  Text{"{}: {} が読める文字ではありません", "{}: its {} is not readable text"}, what, OBJ_nid2ln(nid));
  return text;
}

std::vector<std::string> dns_names_of(const GENERAL_NAMES* names, std::string_view what) {
  std::vector<std::string> result;
  if (sk_GENERAL_NAME_num(names) > static_cast<int>(sans_max))
    throw Failure(Fault::usage, trace_malformed,
                  Text{"{}: 名前が {} 個を超えています", "{}: it has more than {} names"}, what, sans_max);
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    int type = 0;
    const auto* value =
        static_cast<const ASN1_STRING*>(GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &type));
    if (type != GEN_DNS) continue;
    std::string name(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                     static_cast<std::size_t>(ASN1_STRING_length(value)));
    for (auto& c : name) {
      if (c <= ' ' || c >= 0x7f)
        throw Failure(Fault::usage, trace_malformed,
                      Text{"{}: 読めない名前 \"{}\" があります", "{}: it has the unreadable name \"{}\""}, what, printable(name));
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    if (std::find(result.begin(), result.end(), name) == result.end()) result.push_back(std::move(name));
  }
  return result;
}

}  // namespace certfleet::pki
