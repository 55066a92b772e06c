#include "lib/domain/node.h"

#include <fmt/format.h>

#include <charconv>

#include "lib/base/error.h"
#include "lib/domain/remote_path.h"
#include "lib/pki/host_name.h"

namespace certfleet::domain {
namespace {

constexpr int trace_no_target = 1830;

template <class... Arguments>
[[noreturn]] void bad_binding(std::string_view text, const Text& why, const Arguments&... arguments) {
  throw Failure(Fault::usage, Text{"バインド \"{}\": {}", "binding \"{}\": {}"}, text,
                saying(why, arguments...));
}

std::string host_of(std::string_view text, std::string_view host) {
  try {
    return pki::normalize_dns_name(host, pki::Wildcard::allowed);
  } catch (const Failure& failure) {
    bad_binding(text, {"{}", "{}"}, failure.text());
  }
}

// IPv6 stands in brackets, as IIS writes it.
std::string ip_of(std::string_view text, std::string_view ip) {
  if (ip == "*" || pki::is_ipv4(ip)) return std::string(ip);
  bool bracketed = ip.size() > 2 && ip.front() == '[' && ip.back() == ']';
  if (bracketed && pki::is_ipv6(ip.substr(1, ip.size() - 2)))
    return pki::normalize_host(ip.substr(1, ip.size() - 2));
  bad_binding(text, {"アドレスは * か IPv4 か [IPv6] です",
                     "its address is *, an IPv4 address or an IPv6 address in brackets"});
}

}  // namespace

std::string_view to_string(VerifyMode mode) {
  switch (mode) {
    case VerifyMode::url:
      return "url";
    case VerifyMode::address:
      return "address";
    case VerifyMode::none:
      return "none";
  }
  return "unknown";
}

std::optional<VerifyMode> verify_mode_from(std::string_view text) {
  for (auto mode : {VerifyMode::url, VerifyMode::address, VerifyMode::none})
    if (to_string(mode) == text) return mode;
  return std::nullopt;
}

Binding binding_from(std::string_view text) {
  auto first = text.find(':');
  auto last = text.rfind(':');
  if (first == std::string_view::npos || first == last)
    bad_binding(text, {"ホスト:IP:ポート の形で指定してください", "needs host:ip:port"});
  Binding binding;
  auto host = text.substr(0, first);
  // A wildcard host is IIS 10's; it stands for one label.
  if (!host.empty()) binding.host = host_of(text, host);
  binding.ip = ip_of(text, text.substr(first + 1, last - first - 1));
  auto digits = text.substr(last + 1);
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), binding.port);
  if (error != std::errc() || end != digits.data() + digits.size() || binding.port < 1 ||
      binding.port > 65535)
    bad_binding(text, {"{} はポート番号ではありません (1～65535)", "{} is no port: 1 to 65535"}, digits);
  return binding;
}

std::string to_string(const Binding& binding) {
  bool v6 = binding.ip.find(':') != std::string::npos;
  return fmt::format("{}:{}{}{}:{}", binding.host, v6 ? "[" : "", binding.ip, v6 ? "]" : "", binding.port);
}

void require_access_for(std::string_view kind, const Access& access) {
  if (kind != node_kind::apache) {
    // REST and WinRM know no SSH key.
    if (access.has_password()) return;
    throw Failure(Fault::usage,
                  Text{"アクセス {0} には種別 {1} のノードに必要なパスワードがありません: certfleet access set {0} --password",
                       "access {0} has no password, which nodes of kind {1} need: certfleet access set {0} --password"},
                  access.name, kind);
  }
  // SSH without a known host key would talk to anybody.
  if (!access.host_key)
    throw Failure(Fault::usage,
                  Text{"アクセス {0} には SSH に必要なホスト鍵がありません: certfleet access host-key {0}",
                       "access {0} has no host key, which SSH needs: certfleet access host-key {0}"},
                  access.name);
  require_remote_user(access.login_id, {"ログインID", "login id"});
}

void require_target(std::string_view kind, std::string_view node) {
  if (kind == node_kind::apache) return;
  throw Failure(Fault::conflict, trace_no_target,
                Text{"ノード {}: この版は種別 {} のノードには適用できません",
                     "node {}: this version applies nothing to nodes of kind {}"},
                node, kind);
}

}  // namespace certfleet::domain
