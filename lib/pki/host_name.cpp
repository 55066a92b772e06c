#include "lib/pki/host_name.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "lib/base/error.h"
#include "lib/pki/limits.h"
#include "lib/pki/printable.h"

namespace certfleet::pki {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
// Not std::tolower: it would ask the locale.
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

template <class... Arguments>
[[noreturn]] void refuse(std::string_view text, const Text& why, const Arguments&... arguments) {
  throw Failure(Fault::usage, Text{"\"{}\" はホスト名ではありません: {}", "\"{}\" is not a host name: {}"},
                printable(text), saying(why, arguments...));
}

void check_label(std::string_view label, std::string_view whole) {
  if (label.empty()) refuse(whole, {"ドットの間が空です", "a part between dots is empty"});
  if (label.size() > label_bytes_max)
    refuse(whole, {"{} バイトを超える部分があります", "a part has more than {} bytes"}, label_bytes_max);
  if (label.front() == '-' || label.back() == '-')
    refuse(whole, {"ハイフンで始まるか終わる部分があります", "a part starts or ends with a hyphen"});
  for (char c : label)
    if (!is_digit(c) && !is_letter(c) && c != '-')
      refuse(whole,
             static_cast<unsigned char>(c) >= 0x80
                 ? Text{"英数字とハイフンだけが使えます。xn-- の形で書いてください",
                        "only letters a to z, digits and hyphens are allowed; write it in its xn-- form"}
                 : Text{"英数字とハイフンだけが使えます",
                        "only letters a to z, digits and hyphens are allowed"});
}

std::string as_address(int family, const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  std::array<char, INET6_ADDRSTRLEN> shown{};
  if (inet_pton(family, text.c_str(), bytes.data()) != 1) return {};
  return inet_ntop(family, bytes.data(), shown.data(), shown.size());
}

std::string as_address(int family, std::string_view text) {
  if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos) return {};
  return as_address(family, std::string(text));
}

}  // namespace

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

std::string normalize_dns_name(std::string_view text, Wildcard wildcard) {
  if (text.empty()) refuse(text, {"空です", "it is empty"});
  auto name = text;
  if (name.size() > 1 && name.back() == '.') name.remove_suffix(1);
  if (name.size() > host_name_bytes_max)
    refuse(text, {"{} バイトを超えています", "it has more than {} bytes"}, host_name_bytes_max);
  auto rest = name;
  if (rest.starts_with("*.")) {
    if (wildcard == Wildcard::refused)
      refuse(text, {"ここではワイルドカードは使えません", "a wildcard is not allowed here"});
    rest.remove_prefix(2);
    if (rest.find('.') == std::string_view::npos)
      refuse(text, {"ワイルドカードの後には 2 つ以上の部分が必要です", "two parts must follow the wildcard"});
  } else if (rest.find('*') != std::string_view::npos) {
    refuse(text, {"ワイルドカードは左端の部分全体でなければなりません",
                  "a wildcard must be the whole left-most part"});
  }
  std::string_view label;
  for (std::size_t at = 0; at <= rest.size(); at += label.size() + 1) {
    label = rest.substr(at, rest.find('.', at) - at);
    check_label(label, text);
  }
  if (std::all_of(label.begin(), label.end(), is_digit))
    refuse(text, {"最後の部分が数字だけです", "its last part has only digits"});
  return lower_case(name);
}

std::string normalize_common_name(std::string_view text) {
  auto name = normalize_dns_name(text, Wildcard::allowed);
  if (name.size() > common_name_bytes_max)
    refuse(text, {"コモンネームは {} バイトまでです", "a common name has at most {} bytes"},
           common_name_bytes_max);
  return name;
}

std::vector<std::string> normalize_sans(std::string_view common_name, const std::vector<std::string>& sans) {
  auto first = normalize_common_name(common_name);
  std::vector<std::string> result;
  for (const auto& each : sans) {
    auto name = normalize_dns_name(each, Wildcard::allowed);
    if (name == first || std::find(result.begin(), result.end(), name) != result.end()) continue;
    if (result.size() + 1 == sans_max)
      throw Failure(Fault::usage,
                    Text{"証明書の名前は {} 個までです: \"{}\" から後が多すぎます",
                         "a certificate may have {} names: from \"{}\" on they are too many"},
                    sans_max, name);
    result.push_back(std::move(name));
  }
  return result;
}

bool is_ipv4(std::string_view text) {
  return !as_address(AF_INET, text).empty();
}
bool is_ipv6(std::string_view text) {
  return !as_address(AF_INET6, text).empty();
}
bool is_ip_address(std::string_view text) {
  return is_ipv4(text) || is_ipv6(text);
}

std::string normalize_host(std::string_view text) {
  for (int family : {AF_INET, AF_INET6})
    if (auto address = as_address(family, text); !address.empty()) return address;
  return normalize_dns_name(text, Wildcard::refused);
}

bool dns_name_matches(std::string_view pattern, std::string_view host) {
  auto same = [](std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
  };
  if (pattern.empty() || host.empty() || is_ip_address(host)) return false;
  if (!pattern.starts_with("*.")) return same(pattern, host);
  auto dot = host.find('.');
  auto suffix = pattern.substr(1);  // ".example.com"
  if (dot == 0 || dot == std::string_view::npos || suffix.find('.', 1) == std::string_view::npos)
    return false;
  return host.front() != '*' && same(suffix, host.substr(dot));
}

}  // namespace certfleet::pki
