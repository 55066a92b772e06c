#include "lib/domain/service.h"

#include <fmt/format.h>

#include <algorithm>

#include "lib/domain/check_text.h"
#include "lib/domain/checks.h"
#include "lib/domain/idn.h"
#include "lib/domain/nouns.h"
#include "lib/pki/host_name.h"
#include "lib/pki/key.h"
#include "lib/pki/limits.h"

namespace certfleet::domain {
namespace {

OrderSettings checked_order(OrderSettings order) {
  if (!order.ca_account) order.automatic = false;
  if (order.licences < 1 || order.licences > licences_max)
    refuse({"ライセンス数", "licences"}, {"{}: 1～{} で指定してください", "{}: 1 to {} are allowed"}, order.licences,
           licences_max);
  if (order.previous_order) check_ca_number(*order.previous_order, {"前回のオーダーID", "previous order"});
  if (order.ev_approver && (!order.product || !is_ev(*order.product)))
    refuse(nouns::ev_approver, {"EV の証明書でだけ指定できます", "only an EV product has one"});
  return order;
}

bool has_wildcard(const Service& service) {
  return service.common_name.starts_with("*.") ||
         std::any_of(service.sans.begin(), service.sans.end(),
                     [](const std::string& name) { return name.starts_with("*."); });
}

}  // namespace

std::string_view to_string(CsrSource source) {
  return source == CsrSource::stored ? "stored" : "at_order";
}

std::optional<CsrSource> csr_source_from(std::string_view text) {
  for (auto source : {CsrSource::at_order, CsrSource::stored})
    if (to_string(source) == text) return source;
  return std::nullopt;
}

KeySpec checked(KeySpec spec) {
  constexpr Text mail_field{"証明書のメールアドレス", "key mail address"};
  if (!pki::key_algorithm_from(spec.algorithm)) refuse({"鍵", "key"}, unknown_value, spec.algorithm);
  check_country(spec.country, {"国名", "country"});
  check_line(spec.state, pki::state_bytes_max, {"都道府県", "state"});
  check_ascii(spec.locality, pki::locality_bytes_max, {"市区町村", "locality"});
  check_ascii(spec.organization, pki::organization_bytes_max, {"組織名", "organization"});
  check_ascii(spec.unit, pki::unit_bytes_max, {"部門", "unit"});
  check_ascii(spec.email, pki::email_bytes_max, mail_field);
  if (!spec.email.empty()) check_mail_address(spec.email, mail_field);
  return spec;
}

Service checked(Service service) {
  check_name(service.name, nouns::service);
  service.common_name = pki::normalize_common_name(a_labels(service.common_name));
  for (auto& name : service.sans) name = a_labels(name);
  service.sans = pki::normalize_sans(service.common_name, service.sans);
  service.order = checked_order(service.order);
  if (service.key_spec) service.key_spec = checked(*service.key_spec);
  return service;
}

void check_order_settings(const Service& service, const CaAccount& account) {
  if (account.kind != "digicert" || !service.order.automatic) return;
  auto what = saying({"サービス {}", "service {}"}, service.name);
  if (!service.order.product)
    refuse(what, {"認証局アカウント {} には証明書の種類が必要です", "CA account {} needs a product"}, account.name);
  if (!service.order.organization)
    refuse(what, {"認証局アカウント {} には組織が必要です", "CA account {} needs an organization"}, account.name);
  if (is_ev(*service.order.product) && has_wildcard(service))
    refuse(what, {"証明書の種類 {} ではワイルドカードを使えません", "the product {} allows no wildcard"},
           to_string(*service.order.product));
}

bool orders_differently(const Service& before, const Service& after) {
  return before.order != after.order || before.key_spec != after.key_spec ||
         before.common_name != after.common_name || before.sans != after.sans;
}

}  // namespace certfleet::domain
