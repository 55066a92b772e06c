// certfleet audit: who changed what, and failed logins.
#include <algorithm>
#include <array>

#include "admin-cli/commands.h"
#include "admin-cli/context.h"
#include "admin-cli/nouns.h"
#include "admin-cli/times.h"
#include "admin-cli/width.h"
#include "admin-cli/words.h"
#include "lib/store/audits.h"
#include "lib/store/users.h"

namespace certfleet::cli {
namespace {

namespace audits = store::audits;

constexpr int rows_default = 50;
constexpr int rows_max = 100'000;
constexpr std::chrono::hours logins_back{24};  // without --since
constexpr int value_width = 60;                // columns of a long value, such as a certificate

struct Audit {
  std::optional<std::string> who, noun, name, since;
  std::optional<int> limit;
  bool logins = false;
};

// Tables whose noun is not simply their name. The first of a noun's is the noun's own.
constexpr std::array nouns = {
    std::pair{"user", "app_user"},          std::pair{"group", "user_group"},
    std::pair{"group", "group_member"},     std::pair{"order", "ca_order"},
    std::pair{"service", "service"},        std::pair{"service", "key_spec"},
    std::pair{"notification", "notification_table"}, std::pair{"notification", "notification_recipient"},
    std::pair{"mail", "mail_settings"},     std::pair{"keys", "peer"},
    std::pair{"limit", "job_limit"},
};

std::vector<std::string> tables_of(std::string noun) {
  std::vector<std::string> tables;
  for (auto [word, table] : nouns)
    if (noun == word) tables.emplace_back(table);
  if (!tables.empty()) return tables;
  std::replace(noun.begin(), noun.end(), '-', '_');
  return {noun};
}

std::string noun_of(std::string table) {
  for (auto [word, own] : nouns)
    if (table == own) return word;
  std::replace(table.begin(), table.end(), '_', '-');
  return table;
}

Text action_word(const std::string& action) {
  if (action == "INSERT") return {"追加", "added"};
  return action == "DELETE" ? Text{"削除", "removed"} : Text{"変更", "changed"};
}

std::string shown(const std::optional<std::string>& value) {
  if (!value) return "-";
  return fit(printable(*value), value_width);
}

void print(Context& context, const audits::Change& change) {
  if (context.options().json) {
    Table fields{{{"field", {}}, {"before", {}}, {"after", {}}}, {}, {}};
    for (const auto& field : change.fields) fields.add({field.name, field.before, field.after});
    context.out().raw(json_line({{{"id", {}, change.id},
                                  {"at", {}, change.at},
                                  {"who", {}, change.who},
                                  {"action", {}, change.action == "INSERT"   ? "added"
                                                 : change.action == "DELETE" ? "removed"
                                                                             : "changed"},
                                  {"noun", {}, noun_of(change.table)},
                                  {"table", {}, change.table},
                                  {"name", {}, change.name}},
                                 {{"changes", {}, fields}}}));
    return;
  }
  context.out().line(fmt::format("{} {} {} {} {}", local_time(change.at), printable(change.who),
                                 noun_of(change.table), printable(change.name),
                                 context.say(action_word(change.action))));
  for (const auto& field : change.fields) {
    if (change.action == "INSERT")
      context.out().line(fmt::format("    {}: {}", field.name, shown(field.after)));
    else if (change.action == "DELETE")
      context.out().line(fmt::format("    {}: {}", field.name, shown(field.before)));
    else
      context.out().line(fmt::format("    {}: {} -> {}", field.name, shown(field.before), shown(field.after)));
  }
}

void logins(Context& context, const Audit& a) {
  Table table{{{"at", words::at}, {"user", words::user}, {"host", words::host}, {"message", {"内容", "message"}}},
              {},
              {}};
  auto& database = context.database();  // whose zone the time is in
  auto since = a.since ? parse_time(*a.since) : SystemClock().wall() - logins_back;
  auto failed = database.reading(
      [&](store::Tx& tx) { return store::users::failed_logins(tx, since, a.limit.value_or(rows_default)); });
  for (const auto& one : failed)
    if (!a.who || one.who == *a.who) table.add({one.at, one.who, one.host, one.message}, Tone::warning);
  context.out().show(table);
}

void audit(Context& context, const Audit& a) {
  if (a.logins) return logins(context, a);
  auto& database = context.database();
  audits::Filter filter;
  filter.who = a.who.value_or("");
  filter.name = a.name.value_or("");
  if (a.noun) filter.tables = tables_of(*a.noun);
  if (a.since) filter.since = parse_time(*a.since);
  auto changes =
      database.reading([&](store::Tx& tx) { return audits::newest(tx, filter, a.limit.value_or(rows_default)); });
  for (const auto& change : changes) print(context, change);
}

void declare(Verb& verb, Audit& a) {
  verb.option(a.who, "--who", "MAIL", {"この人による変更", "By this person"})
      .option(a.noun, "--noun", "NOUN", {"この種類のもの (service, node, user …)", "Of this kind (service, node, user …)"})
      .option(a.name, "--name", "NAME", {"この名称のもの", "Of what has this name"})
      .option(a.since, "--since", "TIME", {"この日時から", "From this time on"})
      .option(a.limit, "--limit", "N", 1, rows_max, {"最新の件数 (50)", "So many of the newest (50)"})
      .flag(a.logins, "--logins",
            {"失敗したログインを表示する (24 時間以内、または --since から)",
             "Failed logins instead (of 24 hours, or since --since)"});
}

}  // namespace

void add_audit_command(Commands& commands) {
  commands.verb<Audit>(nullptr, "audit", {"監査ログを表示する: 誰が何を変更したか", "Show who changed what"},
                       "certfleet audit --noun service --name shop --since \"2026-12-01 00:00\"", declare, audit);
}

}  // namespace certfleet::cli
