#include "admin-cli/node_views.h"

#include "admin-cli/labels.h"
#include "admin-cli/lookup.h"
#include "admin-cli/revision.h"
#include "admin-cli/words.h"
#include "lib/store/accesses.h"
#include "lib/store/applies.h"
#include "lib/store/nodes.h"
#include "lib/store/services.h"
#include "lib/store/sites.h"

namespace certfleet::cli {

Table nodes_table(const std::vector<store::overview::NodeRow>& rows, Language language, bool with_service) {
  Table table{{{"name", words::name},
               {"service", words::service},
               {"site", words::site},
               {"kind", words::kind},
               {"apply_status", {"適用", "apply"}},
               {"served_serial", words::serial},
               {"served_state", {"確認", "served"}},
               {"served_at", {"確認日時", "seen at"}},
               {"enabled", words::enabled}},
              {},
              {}};
  if (!with_service) table.columns.erase(table.columns.begin() + 1);
  for (const auto& row : rows) {
    std::vector<Cell> cells = {row.name,
                               row.service,
                               row.site,
                               row.kind,
                               apply_status_cell(row.apply_status, language),
                               serial_cell(row.served_serial),
                               served_state_cell(row.served_state, language),
                               row.served_at,
                               row.enabled};
    if (!with_service) cells.erase(cells.begin() + 1);
    table.add(std::move(cells));
  }
  return table;
}

namespace {

constexpr int applies_shown = 10;

void add_kind_fields(Record& record, const domain::Node& node) {
  auto add = [&](const char* key, Text title, Cell cell) {
    record.fields.push_back({key, title, std::move(cell)});
  };
  namespace kinds = domain::node_kind;
  if (node.kind == kinds::apache) {
    add("cert_file", {"証明書ファイル", "certificate file"}, node.apache.cert_file);
    add("key_file", {"鍵ファイル", "key file"}, node.apache.key_file);
    add("chain_file", {"中間証明書ファイル", "chain file"}, node.apache.chain_file);
    add("work_dir", {"作業フォルダー", "work folder"}, node.apache.work_dir);
    add("control", {"制御コマンド", "control program"}, node.apache.control);
  }
  if (node.kind == kinds::bigip) {
    add("ssl_profile", {"SSLプロファイル名", "SSL profile"}, node.bigip.profile);
    add("import_name", {"インポート名称", "import name"}, node.bigip.import_name);
    add("partition", {"パーティション", "partition"}, node.bigip.partition);
  }
  if (node.kind == kinds::iis) {
    add("iis_site", {"IISサイト名", "IIS site"}, node.iis.site);
    add("binding", {"バインドホスト名", "binding"}, node.iis.binding);
    add("windows_version", {"Windows Server の版", "Windows Server"}, node.iis.windows_version);
    add("windows_key", {"Windows上の鍵", "key on Windows"}, node.iis.windows_key);
  }
}

void add_seen(Record& record, const store::nodes::Seen& seen, Language language) {
  std::vector<Field> fields = {
      {"apply_status", {"適用ステータス", "apply"}, apply_status_cell(seen.apply_status, language)},
      {"served_serial", words::serial, serial_cell(seen.served_serial)},
      {"served_sha256", {"SHA-256", "SHA-256"}, seen.served_sha256},
      {"served_state", {"確認結果", "served"}, served_state_cell(seen.served_state, language)},
      {"served_at", {"確認日時", "seen at"}, seen.served_at}};
  record.fields.insert(record.fields.end(), fields.begin(), fields.end());
}

Section applies_section(const std::vector<store::applies::Apply>& applies, Language language) {
  Table table{{{"request_no", words::request},
               {"state", words::state},
               {"scheduled_at", {"予定", "scheduled"}},
               {"ended_at", {"終了", "ended"}},
               {"requested_by", {"要求者", "requested by"}},
               {"error", words::error}},
              {},
              {}};
  for (const auto& apply : applies)
    table.add({Cell(apply.request_no).as(fmt::format("{:05}", apply.request_no)),
               apply_status_cell(apply.state, language), apply.scheduled_at, apply.ended_at,
               apply.requested_by, apply.error});
  return {"applies", {"適用", "Applies"}, std::move(table)};
}

Text mode_word(domain::VerifyMode mode) {
  switch (mode) {
    case domain::VerifyMode::url: return {"URL", "by URL"};
    case domain::VerifyMode::address: return {"アドレス", "by address"};
    case domain::VerifyMode::none: return {"確認しない", "none"};
  }
  return {"", ""};
}

}  // namespace

void show_node(Context& context, const std::string& name) {
  auto language = context.language();
  Record record;
  context.database().read([&](store::Tx& tx) {
    auto node = node_named(context, tx, name);
    bool verified = node.verify.mode != domain::VerifyMode::none;
    record.fields = {
        {"id", words::id, node.id.value()},
        {"name", words::name, node.name},
        revision_field(tx, store::revisions::Table::node, node.id.value()),
        {"service", words::service, store::services::get(tx, node.service).name},
        {"site", words::site, store::sites::get(tx, node.site).name},
        {"access", words::access, store::accesses::get(tx, node.access).name},
        {"kind", words::kind, node.kind},
        {"enabled", words::enabled, node.enabled},
        {"verify", {"確認方法", "verification"},
         Cell(std::string(to_string(node.verify.mode))).as(context.say(mode_word(node.verify.mode)))},
        {"verify_host", {"確認先", "verified at"}, verified ? Cell(node.verify.host) : Cell()},
        {"verify_port", {"確認ポート", "verified port"}, verified ? Cell(node.verify.port) : Cell()},
        {"verify_name", {"SNI", "SNI"}, node.verify.name}};
    add_kind_fields(record, node);
    add_seen(record, store::nodes::seen(tx, node.id), language);
    record.sections.push_back(applies_section(store::applies::of_node(tx, node.id, applies_shown), language));
  });
  context.out().show(record);
}

}  // namespace certfleet::cli
