#include "lib/domain/idn.h"

#include <idn2.h>

#include <algorithm>
#include <memory>

#include "lib/base/error.h"
#include "lib/pki/host_name.h"
#include "lib/pki/printable.h"

namespace certfleet::domain {
namespace {

struct Free {
  void operator()(char* text) const { idn2_free(text); }
};
using Owned = std::unique_ptr<char, Free>;

constexpr std::string_view wildcard = "*.";

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool has_a_label(std::string_view name) {
  auto lower = pki::lower_case(name);
  return lower.starts_with("xn--") || lower.find(".xn--") != std::string::npos;
}

[[noreturn]] void refuse_name(std::string_view typed, int reason) {
  throw Failure(Fault::usage, Text{"\"{}\" はホスト名ではありません: {}", "\"{}\" is not a host name: {}"},
                is_ascii(typed) ? pki::printable(typed) : std::string(typed), idn2_strerror(reason));
}

// Both: empty and an error's number in `failed` if libidn2 refuses.
std::string to_ascii(const std::string& name, int& failed) {
  char* out = nullptr;
  failed = idn2_to_ascii_8z(name.c_str(), &out, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
  Owned owned(out);
  return failed == IDN2_OK && owned ? std::string(owned.get()) : std::string();
}

std::string to_unicode(const std::string& name, int& failed) {
  char* out = nullptr;
  failed = idn2_to_unicode_8z8z(name.c_str(), &out, IDN2_NONTRANSITIONAL);
  Owned owned(out);
  return failed == IDN2_OK && owned ? std::string(owned.get()) : std::string();
}

// A name without its wildcard, which is no label of IDNA.
struct Split {
  std::string star;
  std::string rest;
};
Split split(std::string_view name) {
  bool star = name.starts_with(wildcard);
  return {std::string(star ? wildcard : ""), std::string(star ? name.substr(wildcard.size()) : name)};
}

}  // namespace

std::string a_labels(std::string_view typed) {
  if (is_ascii(typed) && !has_a_label(typed)) return std::string(typed);
  auto [star, rest] = split(typed);
  if (rest.find('\0') != std::string::npos) refuse_name("", IDN2_DISALLOWED);
  int failed = IDN2_OK;
  auto made = to_ascii(rest, failed);
  if (failed != IDN2_OK) refuse_name(typed, failed);
  return star + made;
}

std::string u_labels(std::string_view name) {
  if (!has_a_label(name)) return std::string(name);
  auto [star, rest] = split(name);
  int failed = IDN2_OK;
  auto readable = to_unicode(rest, failed);
  // What does not lead back to the name would show another one.
  if (failed != IDN2_OK || to_ascii(readable, failed) != pki::lower_case(rest)) return std::string(name);
  return star + readable;
}

}  // namespace certfleet::domain
