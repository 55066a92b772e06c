#include "admin-cli/service_views.h"

#include "admin-cli/labels.h"
#include "admin-cli/lookup.h"
#include "admin-cli/node_views.h"
#include "admin-cli/words.h"
#include "lib/domain/expiry.h"
#include "lib/store/ca_accounts.h"
#include "lib/store/certificates.h"
#include "lib/store/overview.h"

namespace certfleet::cli {
namespace {

namespace overview = store::overview;

// Manual 7.1: a row is yellow or red with the state of its certificate. A disabled service is left out of it.
Tone tone_of(const overview::ServiceRow& row, WallTime now) {
  if (!row.enabled) return Tone::plain;
  auto expiry = domain::expiry_of(row.not_after, now);
  if (expiry == domain::Expiry::expired) return Tone::error;
  return domain::is_warning(expiry) ? Tone::warning : Tone::plain;
}

Section certificates_section(const std::vector<domain::StoredCertificate>& certificates, WallTime now,
                             Language language) {
  Section section{"certificates",
                  {"証明書", "Certificates"},
                  {{{"slot", {"世代", "slot"}},
                    {"serial", words::serial},
                    {"not_before", {"開始", "from"}},
                    {"not_after", words::expires},
                    {"sha256", {"SHA-256", "SHA-256"}}},
                   {},
                   {}}};
  for (const auto& certificate : certificates)
    section.table.add({Cell(certificate.slot).as(fmt::format("{:03}", certificate.slot)),
                       serial_cell(certificate.serial), certificate.not_before,
                       expiry_cell(certificate.not_after, now, language), certificate.sha256});
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

}  // namespace

void list_services(Context& context) {
  auto rows = context.database().reading([](store::Tx& tx) { return overview::services(tx); });
  auto now = SystemClock().wall();
  auto language = context.language();
  Table table{{{"name", words::name},
               {"common_name", words::common_name},
               {"not_after", words::expires},
               {"expiry", words::state},
               {"order_state", {"申請", "order"}},
               {"nodes", {"ノード", "nodes"}},
               {"group", words::group},
               {"enabled", words::enabled}},
              {},
              {}};
  for (const auto& row : rows)
    table.add({row.name, row.common_name, expiry_cell(row.not_after, now, language),
               expiry_status_cell(row.not_after, now, language), order_state_cell(row.order_state, language),
               row.nodes, row.group, row.enabled},
              tone_of(row, now));
  context.out().show(table);
}

void show_service(Context& context, const std::string& name) {
  auto now = SystemClock().wall();
  auto language = context.language();
  Record record;
  context.database().read([&](store::Tx& tx) {
    auto service = service_named(context, tx, name);
    auto row = overview::service(tx, service.id);
    CERTFLEET_INVARIANT(row.has_value(), name);
    Cell account;
    if (service.ca_account) account = store::ca_accounts::get(tx, service.ca_account).name;
    record.fields = {
        {"id", words::id, service.id.value()},
        {"name", words::name, service.name},
        {"group", words::group, row->group},
        {"enabled", words::enabled, service.enabled},
        {"common_name", words::common_name, service.common_name},
        {"sans", {"追加の FQDN", "further names"}, service.sans},
        {"separate_chain", {"中間証明書は別ファイル", "separate chain"}, service.separate_chain},
        {"ca_account", words::ca_account, account},
        {"expiry", {"有効期限ステータス", "certificate"}, expiry_status_cell(row->not_after, now, language)},
        {"not_after", words::expires, expiry_cell(row->not_after, now, language)},
        {"order_state", {"申請ステータス", "order"}, order_state_cell(row->order_state, language)}};
    if (!row->order_error.empty())
      record.fields.push_back(
          {"order_error", {"申請メッセージ", "order message"}, Cell(row->order_error).in(Tone::error)});
    if (service.key_spec) add_key_fields(record, *service.key_spec);
    record.sections.push_back(certificates_section(store::certificates::list(tx, service.id), now, language));
    record.sections.push_back(
        {"nodes", {"ノード", "Nodes"}, nodes_table(overview::nodes(tx, service.id), language, false)});
  });
  context.out().show(record);
}

}  // namespace certfleet::cli
