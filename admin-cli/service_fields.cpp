#include "admin-cli/service_fields.h"

#include "admin-cli/lookup.h"

namespace certfleet::cli {
namespace {

void declare_key(Verb& verb, ServiceFields& f) {
  verb.choice(f.algorithm, "--key", {"rsa-2048", "rsa-4096", "ecdsa-p256", "ecdsa-p384"},
              {"次の鍵の種類と鍵長", "How the next key is made"})
      .option(f.country, "--country", "CC", {"国名", "Country, such as JP"})
      .option(f.state, "--state", "TEXT", {"都道府県", "State or prefecture"})
      .option(f.locality, "--locality", "TEXT", {"市区町村", "City"})
      .option(f.organization, "--organization", "TEXT",
              {"証明書の組織名", "Organisation in the subject"})
      .option(f.unit, "--unit", "TEXT", {"部門", "Unit"})
      .option(f.email, "--key-mail", "MAIL", {"証明書のメールアドレス", "Mail address in the subject"});
}

void declare_order(Verb& verb, ServiceFields& f) {
  verb.option(f.ca_account, "--ca-account", "NAME", {"申請先の認証局アカウント", "CA account for its orders"})
      .choice(f.auto_order, "--auto-order", {"認証局へ自動申請をする", "Whether it is ordered at the CA"})
      .option(f.product, "--product", "PRODUCT",
              {"証明書の種類: 0 secure-server-ov, 1 secure-server-ev, 2 global-server-ov, 3 global-server-ev,"
               " 10 true-businessid, 11 true-businessid-ev",
               "What is ordered: 0 secure-server-ov, 1 secure-server-ev, 2 global-server-ov, 3 global-server-ev,"
               " 10 true-businessid, 11 true-businessid-ev"})
      .option(f.licences, "--licences", "N", 1, domain::licences_max, {"ライセンス数 (1)", "Licences (1)"})
      .option(f.previous_order, "--previous-order", "ID",
              {"前回申請時のオーダーID", "The CA's number of the order that is renewed"})
      .option(f.ca_organization, "--ca-organization", "NAME",
              {"認証局に登録された組織", "Organization as registered at the CA"})
      .option(f.applicant, "--applicant", "NAME",
              {"申請者情報。省略時は認証局の設定を使用", "Applicant; else as registered at the CA"})
      .option(f.ev_approver, "--ev-approver", "NAME",
              {"EV承認者情報。省略時は認証局の設定を使用", "EV approver; else as registered at the CA"})
      .choice(f.csr, "--csr", {"at-order", "stored"},
              {"CSR を申請時に作成するか、保存済みのものを使うか (at-order)",
               "Whether key and CSR are made at the order, or the stored CSR is used (at-order)"});
}

void take_key(domain::Service& service, const ServiceFields& f) {
  auto take = [&](const std::optional<std::string>& given, std::string domain::KeySpec::*field) {
    if (!given) return;
    if (!service.key_spec) service.key_spec.emplace();
    (*service.key_spec).*field = *given;
  };
  take(f.algorithm, &domain::KeySpec::algorithm);
  take(f.country, &domain::KeySpec::country);
  take(f.state, &domain::KeySpec::state);
  take(f.locality, &domain::KeySpec::locality);
  take(f.organization, &domain::KeySpec::organization);
  take(f.unit, &domain::KeySpec::unit);
  take(f.email, &domain::KeySpec::email);
}

domain::Product product_named(const Context& context, const std::string& text) {
  auto product = domain::product_from(text);
  if (product) return *product;
  std::string all;
  for (auto each : domain::all_products)
    all += (all.empty() ? "" : ", ") + std::to_string(number_of(each)) + " " + std::string(to_string(each));
  context.fail(Fault::usage, {"--product: {} という種類はありません ({})", "--product: there is no {} ({})"}, text, all);
}

}  // namespace

void declare_service_fields(Verb& verb, ServiceFields& f) {
  verb.option(f.common_name, "--common-name", "NAME", {"コモンネーム", "Common name"})
      .list(f.sans, "--san", "NAME", {"追加の FQDN", "A further name"})
      .option(f.group, "--group", "NAME", {"グループ", "Group whose users see it"})
      .choice(f.enabled, "--enabled", {"有効/無効", "Whether it is looked after"})
      .choice(f.separate_chain, "--separate-chain",
              {"証明書ファイルと中間証明書は別", "Certificate and intermediates come in files of their own"});
  declare_key(verb, f);
  declare_order(verb, f);
}

void declare_service_removals(Verb& verb, ServiceRemovals& r) {
  verb.flag(r.sans, "--no-san", {"追加の FQDN をなくす", "No further names"})
      .not_with("--san")
      .flag(r.key, "--no-key", {"公開鍵情報を消す", "Forget how keys are made"})
      .not_with("--key")
      .flag(r.ca_account, "--no-ca-account", {"認証局アカウントを外し、自動申請をしない", "No CA account, no orders"})
      .not_with("--ca-account")
      .flag(r.product, "--no-product", {"証明書の種類を消す", "No product"})
      .not_with("--product")
      .flag(r.previous_order, "--no-previous-order", {"前回のオーダーID を消す", "No previous order"})
      .not_with("--previous-order")
      .flag(r.ca_organization, "--no-ca-organization", {"組織を外す", "No organization"})
      .not_with("--ca-organization")
      .flag(r.applicant, "--no-applicant",
            {"申請者は認証局の設定を使用", "Applicant as registered at the CA"})
      .not_with("--applicant")
      .flag(r.ev_approver, "--no-ev-approver",
            {"EV承認者は認証局の設定を使用", "EV approver as registered at the CA"})
      .not_with("--ev-approver");
}

void take_own_fields(const Context& context, domain::Service& service, const ServiceFields& f) {
  auto& order = service.order;
  if (f.common_name) service.common_name = *f.common_name;
  if (f.sans) service.sans = *f.sans;
  if (f.enabled) service.enabled = *f.enabled;
  if (f.separate_chain) service.separate_chain = *f.separate_chain;
  take_key(service, f);
  if (f.product) order.product = product_named(context, *f.product);
  if (f.licences) order.licences = *f.licences;
  if (f.previous_order) order.previous_order = *f.previous_order;
  if (f.csr) order.csr_source = *f.csr == "stored" ? domain::CsrSource::stored : domain::CsrSource::at_order;
}

void take_service_fields(const Context& context, store::Tx& tx, domain::Service& service, const ServiceFields& f) {
  take_own_fields(context, service, f);
  auto& order = service.order;
  if (f.group) service.group = group_named(context, tx, *f.group).id;
  if (f.ca_account) {
    // Whoever names a CA account wants to order there, unless he says otherwise.
    order.automatic = true;
    order.ca_account = ca_account_named(context, tx, *f.ca_account).id;
  }
  if (f.auto_order) order.automatic = *f.auto_order;
  if (f.auto_order.value_or(false) && !order.ca_account)
    context.fail(Fault::usage, {"--auto-order on には --ca-account が必要です", "--auto-order on needs --ca-account"});
  if (f.ca_organization) order.organization = organization_named(context, tx, *f.ca_organization).id;
  if (f.applicant)
    order.applicant = applicant_named(context, tx, domain::ApplicantKind::applicant, *f.applicant).id;
  if (f.ev_approver)
    order.ev_approver = applicant_named(context, tx, domain::ApplicantKind::ev_approver, *f.ev_approver).id;
}

void take_service_removals(domain::Service& service, const ServiceRemovals& r) {
  auto& order = service.order;
  if (r.sans) service.sans.clear();
  if (r.key) service.key_spec.reset();
  if (r.ca_account) order.ca_account = {};
  if (r.product) order.product.reset();
  if (r.previous_order) order.previous_order.reset();
  if (r.ca_organization) order.organization = {};
  if (r.applicant) order.applicant = {};
  if (r.ev_approver) order.ev_approver = {};
}

}  // namespace certfleet::cli
