#include "lib/domain/settings.h"

#include <fmt/format.h>

#include <charconv>

#include "lib/domain/check_text.h"
#include "lib/domain/idn.h"
#include "lib/pki/host_name.h"

namespace certfleet::domain {
namespace {

constexpr Text needs_port{"ホスト:ポート の形で指定してください", "needs host:port"};

template <class... Arguments>
[[noreturn]] void refuse_proxy(std::string_view proxy, const Text& why, const Arguments&... arguments) {
  refuse({"プロキシー", "proxy"}, {"\"{}\": {}", "\"{}\": {}"}, proxy, saying(why, arguments...));
}

// 6.2.1: a host and a port, without scheme and path; an IPv6 address in brackets.
std::string checked_proxy(std::string_view proxy) {
  auto colon = proxy.rfind(':');
  if (colon == std::string_view::npos) refuse_proxy(proxy, needs_port);
  auto digits = proxy.substr(colon + 1);
  int port = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size()) refuse_proxy(proxy, needs_port);
  if (port < 1 || port > 65535)
    refuse_proxy(proxy, {"{} はポート番号ではありません (1 から 65535)", "{} is no port: 1 to 65535"}, port);
  auto host = proxy.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']') && pki::is_ipv6(host.substr(1, host.size() - 2)))
    return fmt::format("[{}]:{}", pki::normalize_host(host.substr(1, host.size() - 2)), port);
  if (host.find(':') != std::string_view::npos)
    refuse_proxy(proxy, {"IPv6 アドレスは角括弧で囲んでください: [2001:db8::1]:8080",
                         "an IPv6 address stands in brackets: [2001:db8::1]:8080"});
  return fmt::format("{}:{}", pki::normalize_host(a_labels(host)), port);
}

}  // namespace

Settings checked(Settings settings) {
  if (settings.proxy) settings.proxy = checked_proxy(*settings.proxy);
  check_one_of(settings.language, {"ja", "en"}, {"言語", "language"});
  for (const auto& bounds : timer_bounds) {
    auto given = (settings.timers.*bounds.field).count();
    if (given < bounds.lowest_s || given > bounds.highest_s)
      refuse({"完了待ちタイマー", "timer"}, {"{} が {} 秒です ({} から {} 秒まで)", "{} of {} s: {} to {} s are allowed"},
             bounds.name, given, bounds.lowest_s, bounds.highest_s);
  }
  return settings;
}

}  // namespace certfleet::domain
