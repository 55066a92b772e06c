#include "admin-cli/service_views.h"

#include "admin-cli/labels.h"
#include "admin-cli/lookup.h"
#include "admin-cli/node_views.h"
#include "admin-cli/revision.h"
#include "admin-cli/words.h"
#include "lib/domain/idn.h"
#include "lib/pki/certificate.h"
#include "lib/pki/chain.h"
#include "lib/store/applicants.h"
#include "lib/store/ca_accounts.h"
#include "lib/store/certificates.h"
#include "lib/store/organizations.h"
#include "lib/store/overview.h"

namespace certfleet::cli {
namespace {

namespace overview = store::overview;

constexpr Text registered{"認証局の設定を使用", "as registered at the CA"};

// "Intermediate CA 1, Intermediate CA 2": what is above the certificate, as far as it is stored.
std::vector<std::string> chain_names(const domain::StoredCertificate& certificate) {
  std::vector<std::string> names;
  if (certificate.chain_pem.empty()) return names;
  for (const auto& each : pki::certificates_from_pem(certificate.chain_pem))
    names.push_back(each.common_name().empty() ? each.subject() : each.common_name());
  return names;
}

// 7.2.2: nobody looks after what is disabled, so nothing of it is an error or a warning.
Cell toned(Cell cell, bool enabled) { return enabled ? cell : std::move(cell).in(Tone::plain); }

Section certificates_section(const std::vector<domain::StoredCertificate>& certificates, bool enabled, WallTime now,
                             Language language) {
  Section section{"certificates",
                  {"証明書", "Certificates"},
                  {{{"slot", {"世代", "slot"}},
                    {"serial", words::serial},
                    {"not_before", {"開始", "from"}},
                    {"not_after", words::expires},
                    {"issuer", {"発行者", "issuer"}},
                    {"chain", {"中間証明書", "chain"}},
                    {"sha256", {"SHA-256", "SHA-256"}}},
                   {},
                   {}}};
  for (const auto& certificate : certificates)
    section.table.add({Cell(certificate.slot).as(fmt::format("{:03}", certificate.slot)),
                       serial_cell(certificate.serial), certificate.not_before,
                       toned(expiry_cell(certificate.not_after, now, language), enabled),
                       pki::Certificate::from_pem(certificate.leaf_pem).issuer(), chain_names(certificate),
                       certificate.sha256});
  return section;
}

void add_key_fields(Record& record, const domain::KeySpec& spec) {
  auto field = [&](const char* key, const Text& title, const std::string& value) {
    if (!value.empty()) record.fields.push_back({key, title, value});
  };
  field("algorithm", {"鍵の種類", "key"}, spec.algorithm);
  field("country", {"国名", "country"}, spec.country);
  field("state", {"都道府県", "state"}, spec.state);
  field("locality", {"市区町村", "locality"}, spec.locality);
  field("organization", {"組織名", "organisation"}, spec.organization);
  field("unit", {"部門", "unit"}, spec.unit);
  field("email", {"証明書のメールアドレス", "key mail address"}, spec.email);
}

// 8.4: what the CA of the service does not ask for is left out, unless it was set beforehand.
void add_order_fields(Record& record, store::Tx& tx, const domain::OrderSettings& order, Language language) {
  auto add = [&](const char* key, const Text& title, Cell cell) {
    record.fields.push_back({key, title, std::move(cell)});
  };
  Cell account;
  std::string kind;
  if (order.ca_account) {
    auto found = store::ca_accounts::get(tx, order.ca_account);
    account = found.name;
    kind = found.kind;
  }
  add("auto_order", {"認証局へ自動申請", "automatic orders"}, order.automatic && order.ca_account);
  add("ca_account", words::ca_account, account);
  add("csr", {"申請のCSR", "CSR of orders"},
      Cell(order.csr_source == domain::CsrSource::stored ? "stored" : "at-order")
          .as(std::string((order.csr_source == domain::CsrSource::stored
                               ? Text{"保存済みのもの", "the stored one"}
                               : Text{"申請時に作成", "made at the order"})
                              .in(language))));
  if (order.product)
    add("product", {"証明書の種類", "product"},
        Cell(to_string(*order.product))
            .as(fmt::format("{}: {}", number_of(*order.product),
                            language == Language::ja ? title_ja(*order.product) : title_en(*order.product))));
  bool asked = kind == "digicert" || order.product;
  const domain::OrderSettings untouched;
  if (asked || order.licences != untouched.licences) add("licences", {"ライセンス数", "licences"}, order.licences);
  if (asked || order.previous_order)
    add("previous_order", {"前回のオーダーID", "previous order"}, order.previous_order);
  if (asked || order.organization)
    add("ca_organization", words::organization,
        order.organization ? Cell(store::organizations::get(tx, order.organization).name) : Cell());
  auto person = [&](domain::ApplicantKind of, ApplicantId id) {
    return id ? Cell(store::applicants::get(tx, of, id).name) : Cell().as(std::string(registered.in(language)));
  };
  if (asked || order.applicant)
    add("applicant", words::applicant, person(domain::ApplicantKind::applicant, order.applicant));
  if (order.ev_approver || (order.product && is_ev(*order.product)))
    add("ev_approver", words::ev_approver, person(domain::ApplicantKind::ev_approver, order.ev_approver));
}

// In both forms, where a name has two.
void add_names(Record& record, const domain::Service& service) {
  record.fields.push_back({"common_name", words::common_name, service.common_name});
  if (auto readable = domain::u_labels(service.common_name); readable != service.common_name)
    record.fields.push_back({"common_name_unicode", {"コモンネーム (国際化)", "common name as read"}, readable});
  std::vector<std::string> sans;
  for (const auto& name : service.sans) sans.push_back(domain::u_labels(name));
  record.fields.push_back({"sans", {"追加の FQDN", "further names"}, service.sans});
  if (sans != service.sans)
    record.fields.push_back({"sans_unicode", {"追加の FQDN (国際化)", "further names as read"}, sans});
}

}  // namespace

void show_service(Context& context, const std::string& name) {
  auto now = SystemClock().wall();
  auto language = context.language();
  Record record;
  context.database().read([&](store::Tx& tx) {
    auto service = service_named(context, tx, name);
    auto row = overview::service(tx, service.id);
    CERTFLEET_INVARIANT(row.has_value(), name);
    record.fields = {{"id", words::id, service.id.value()},
                     {"name", words::name, service.name},
                     {"group", words::group, row->group},
                     {"enabled", words::enabled, service.enabled}};
    add_names(record, service);
    record.fields.push_back(
        {"separate_chain", {"中間証明書は別ファイル", "separate chain"}, service.separate_chain});
    add_order_fields(record, tx, service.order, language);
    auto standing = [&](const char* key, const Text& title, Cell cell) {
      record.fields.push_back({key, title, toned(std::move(cell), service.enabled)});
    };
    standing("expiry", {"有効期限ステータス", "certificate"}, expiry_status_cell(row->not_after, now, language));
    standing("not_after", words::expires, expiry_cell(row->not_after, now, language));
    standing("order_state", {"申請ステータス", "order"},
             order_state_cell(row->order_state, language, row->order_in_error));
    if (!row->order_error.empty())
      record.fields.push_back(
          {"order_error", {"申請メッセージ", "order message"}, Cell(row->order_error).in(Tone::error)});
    if (service.key_spec) add_key_fields(record, *service.key_spec);
    record.fields.push_back(revision_field(tx, store::revisions::Table::service, service.id.value()));
    record.sections.push_back(
        certificates_section(store::certificates::list(tx, service.id), service.enabled, now, language));
    record.sections.push_back(
        {"nodes", {"ノード", "Nodes"}, nodes_table(overview::nodes(tx, service.id), language, false)});
  });
  context.out().show(record);
}

}  // namespace certfleet::cli
