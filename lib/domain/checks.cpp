#include "lib/domain/checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "lib/base/error.h"
#include "lib/domain/check_text.h"
#include "lib/domain/idn.h"
#include "lib/domain/nouns.h"
#include "lib/pki/host_name.h"
#include "lib/pki/limits.h"

namespace certfleet::domain {
namespace {

constexpr std::size_t address_bytes_max = 254;  // RFC 5321 section 4.5.3.1, erratum 1690
constexpr std::size_t contact_bytes_max = note_bytes_max;  // 6.5.4: what is in it is free
constexpr std::size_t title_bytes_max = 512;  // with the event behind it, well under a line of RFC 5322
constexpr std::size_t body_bytes_max = 64UL * 1024;
constexpr std::size_t recipients_max = 5;  // 6.7.4: of each field
constexpr std::size_t login_bytes_max = 256;
constexpr std::size_t user_bytes_max = 63;  // NAMEDATALEN of PostgreSQL

void check_pem_certificates(const std::optional<std::string>& pem, const Text& what) {
  if (pem && pem->size() > pki::pem_bytes_max) refuse(what, too_long, pem->size(), pki::pem_bytes_max);
}

}  // namespace

void check_name(std::string_view name, const Text& what) {
  if (name.empty()) refuse(what, {"名称が必要です", "a name is needed"});
  if (name.front() == ' ' || name.back() == ' ')
    refuse(what, {"名称の前後に空白は置けません", "a name must not begin or end with a blank"});
  check_line(name, name_bytes_max, what);
}

void check_mail_address(std::string_view address, const Text& what) {
  check_ascii(address, address_bytes_max, what);
  auto at = address.find('@');
  bool one_at = at != std::string_view::npos && at > 0 && address.find('@', at + 1) == std::string_view::npos;
  if (!one_at || address.find_first_of(" ,;<>\"()[]\\") != std::string_view::npos)
    refuse(what, {"\"{}\" はメールアドレスではありません", "\"{}\" is no mail address"}, address);
  pki::normalize_host(address.substr(at + 1));
}

Site checked(Site site) {
  check_name(site.name, nouns::site);
  return site;
}

Group checked(Group group) {
  check_name(group.name, nouns::group);
  return group;
}

User checked(User user) {
  check_mail_address(user.name, nouns::user);
  // It becomes the name of a role of PostgreSQL, which would cut a longer one.
  check_ascii(user.name, user_bytes_max, nouns::user);
  std::transform(user.name.begin(), user.name.end(), user.name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  check_one_of(user.role, {"admin", "viewer"}, {"権限", "role"});
  if (user.contact.size() > contact_bytes_max)
    refuse({"連絡先", "contact"}, too_long, user.contact.size(), contact_bytes_max);
  return user;
}

MailSettings checked(MailSettings settings) {
  check_mail_address(settings.from_address, {"発信元", "sender"});
  settings.host = pki::normalize_host(a_labels(settings.host));
  check_port(settings.port, {"ポート", "port"});
  if (settings.auth_user) {
    check_line(*settings.auth_user, login_bytes_max, {"SMTP認証ユーザー", "SMTP user"});
    if (settings.auth_user->empty()) refuse({"SMTP認証ユーザー", "SMTP user"}, {"空です", "is empty"});
  }
  check_pem_certificates(settings.ca_pem, {"CA 証明書", "CA certificates"});
  return settings;
}

NotificationTable checked(NotificationTable table) {
  check_name(table.name, nouns::notification);
  check_line(table.title, title_bytes_max, {"タイトル", "title"});
  if (table.body.size() > body_bytes_max)
    refuse({"本文", "text"}, too_long, table.body.size(), body_bytes_max);
  if (table.order_interval_min && (*table.order_interval_min < 1 || *table.order_interval_min > order_interval_min_max))
    refuse({"認証局への確認間隔", "interval of asking the CA"}, {"{} 分です (1 から {} 分まで)", "{} minutes: 1 to {} are allowed"},
           *table.order_interval_min, order_interval_min_max);
  for (const auto* field : {&table.to, &table.cc}) {
    auto field_name = field == &table.to ? Text{"TO", "TO"} : Text{"CC", "CC"};
    if (field->size() > recipients_max)
      refuse(field_name, {"{} 件あります ({} 件まで)", "{} addresses, {} are allowed"}, field->size(),
             recipients_max);
    for (const auto& address : *field) check_mail_address(address, field_name);
  }
  return table;
}

}  // namespace certfleet::domain
