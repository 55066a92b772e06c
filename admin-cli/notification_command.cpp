// certfleet notification … (manual 6.7)
#include "admin-cli/commands.h"
#include "admin-cli/lookup.h"
#include "admin-cli/nouns.h"
#include "admin-cli/revision.h"
#include "admin-cli/words.h"
#include "lib/domain/checks.h"
#include "lib/store/notifications.h"

namespace certfleet::cli {
namespace {

using domain::NotificationTable;

struct Box {
  const char* name;  // on the command line
  const char* key;   // in JSON
  Text text;
  bool NotificationTable::*field;
};

constexpr std::array boxes = {
    Box{"expiry-90", "expiry_90", {"期限90日前", "90 days before the end"}, &NotificationTable::expiry_90},
    Box{"expiry-60", "expiry_60", {"期限60日前", "60 days before the end"}, &NotificationTable::expiry_60},
    Box{"expiry-30", "expiry_30", {"期限30日前", "30 days before the end"}, &NotificationTable::expiry_30},
    Box{"expiry-15", "expiry_15", {"期限15日前", "15 days before the end"}, &NotificationTable::expiry_15},
    Box{"expired", "expired", {"失効", "expired"}, &NotificationTable::expired},
    Box{"order-started", "order_started", {"申請開始", "order started"}, &NotificationTable::order_started},
    Box{"order-progress",
        "order_progress",
        {"申請中", "order under way"},
        &NotificationTable::order_progress},
    Box{"order-ended", "order_ended", {"申請終了", "order ended"}, &NotificationTable::order_ended},
    Box{"apply-started", "apply_started", {"適用開始", "apply started"}, &NotificationTable::apply_started},
    Box{"apply-ended", "apply_ended", {"適用終了", "apply ended"}, &NotificationTable::apply_ended},
};

struct Fields {
  std::string name;
  std::optional<std::string> rename, title, body;
  std::optional<std::vector<std::string>> to, cc, events;
  bool no_cc = false;
  std::optional<int> interval;
  bool no_interval = false;
  std::optional<int> if_revision;
};
struct Named {
  std::string name;
};
struct Remove {
  std::string name;
  std::optional<int> if_revision;
};

constexpr auto revised = store::revisions::Table::notification;

std::vector<std::string> events_of(const NotificationTable& table) {
  std::vector<std::string> events;
  for (const auto& box : boxes)
    if (table.*box.field) events.emplace_back(box.name);
  return events;
}

// "expiry-30", or a whole family: "expiry", "order", "apply", "all".
bool belongs(std::string_view event, std::string_view word) {
  if (word == "all" || event == word) return true;
  return (word == "expiry" && (event.starts_with("expiry-") || event == "expired")) ||
         ((word == "order" || word == "apply") && event.starts_with(std::string(word) + "-"));
}

void take_events(const Context& context, NotificationTable& table, const std::vector<std::string>& words) {
  for (const auto& box : boxes) table.*box.field = false;
  for (const auto& word : words) {
    if (word == "none") continue;
    bool known = false;
    for (const auto& box : boxes) {
      if (!belongs(box.name, word)) continue;
      table.*box.field = true;
      known = true;
    }
    if (known) continue;
    std::vector<std::string> names = {"all", "none", "expiry", "order", "apply"};
    for (const auto& box : boxes) names.emplace_back(box.name);
    no_such(context, {"イベント", "event"}, word, names);
  }
}

void take(const Context& context, NotificationTable& table, const Fields& a) {
  if (a.title) table.title = *a.title;
  if (a.body) table.body = *a.body;
  if (a.to) table.to = *a.to;
  if (a.cc) table.cc = *a.cc;
  if (a.no_cc) table.cc.clear();
  if (a.interval) table.order_interval_min = a.interval;
  if (a.no_interval) table.order_interval_min.reset();
  if (a.events) take_events(context, table, *a.events);
  table = domain::checked(table);
}

void declare(Verb& verb, Fields& a) {
  verb.argument(a.name, "NAME", {"名称", "Name"})
      .option(a.title, "--title", "TEXT", {"メールのタイトル", "Title of the mails"})
      .option(a.body, "--text", "TEXT", {"メールの本文", "Text of the mails"})
      .list(a.to, "--to", "MAIL", {"宛先 TO。5個まで", "Recipient, five at most"})
      .list(a.cc, "--cc", "MAIL", {"宛先 CC。5個まで", "Copy to, five at most"})
      .list(a.events, "--event", "EVENT",
            {"通知するイベント: all, none, expiry (expiry-90, -60, -30, -15, expired), order (order-started, -progress,"
             " -ended), apply (apply-started, -ended)",
             "What is mailed: all, none, expiry (expiry-90, -60, -30, -15, expired), order (order-started, -progress,"
             " -ended), apply (apply-started, -ended)"})
      .option(a.interval, "--interval", "MINUTES", 1, domain::order_interval_min_max,
              {"認証局に申請の状態を確認する間隔 (分)", "The CA is asked how an order stands every so many minutes"});
}

void add(Context& context, const Fields& a) {
  NotificationTable table;
  table.name = a.name;
  take(context, table, a);
  if (table.to.empty()) context.fail(Fault::usage, {"--to が必要です", "--to is needed"});
  table.id = context.database().writing([&](store::Tx& tx) { return store::notifications::add(tx, table); });
  context.out().done(context.say(words::added, context.say(words::notification), a.name),
                     id_and_name(table.id.value(), a.name));
}

void set(Context& context, const Fields& a) {
  NotificationTable table;
  context.database().write([&](store::Tx& tx) {
    auto id = notification_named(context, tx, a.name).id;
    hold(context, tx, {revised, words::notification, a.name}, id.value(), a.if_revision);
    table = store::notifications::get(tx, id);
    if (a.rename) table.name = *a.rename;
    take(context, table, a);
    store::notifications::update(tx, table);
  });
  context.out().done(context.say(words::changed, context.say(words::notification), table.name),
                     id_and_name(table.id.value(), table.name));
}

void list(Context& context, const NoArguments&) {
  Table table{{{"name", words::name},
               {"title", {"タイトル", "title"}},
               {"to", {"TO", "TO"}},
               {"cc", {"CC", "CC"}},
               {"events", {"イベント", "events"}}},
              {},
              {}};
  for (const auto& row :
       context.database().reading([](store::Tx& tx) { return store::notifications::list(tx); }))
    table.add({row.name, row.title, row.to, row.cc, events_of(row)});
  context.out().show(table);
}

void show(Context& context, const Named& a) {
  NotificationTable table;
  Field revision{"revision", words::revision, {}};
  context.database().read([&](store::Tx& tx) {
    table = notification_named(context, tx, a.name);
    revision = revision_field(tx, revised, table.id.value());
  });
  Record record{{{"id", words::id, table.id.value()},
                 {"name", words::name, table.name},
                 {"title", {"タイトル", "title"}, table.title},
                 {"text", {"本文", "text"}, table.body},
                 {"to", {"TO", "TO"}, table.to},
                 {"cc", {"CC", "CC"}, table.cc}},
                {}};
  Cell interval(table.order_interval_min);
  if (table.order_interval_min)
    interval = std::move(interval).as(context.say({"{} 分", "{} min"}, *table.order_interval_min));
  record.fields.push_back({"order_interval_min", {"認証局への確認間隔", "the CA is asked every"}, std::move(interval)});
  for (const auto& box : boxes) record.fields.push_back({box.key, box.text, table.*box.field});
  record.fields.push_back(std::move(revision));
  context.out().show(record);
}

void remove(Context& context, const Remove& a) {
  remove_after_question(
      context, {revised, words::notification, a.name}, a.if_revision,
      context.say(words::remove_question, context.say(words::notification), a.name),
      [&](store::Tx& tx) { return notification_named(context, tx, a.name).id.value(); },
      [](store::Tx& tx, std::int64_t id) { store::notifications::remove(tx, NotificationId(id)); });
}

void declare_named(Verb& verb, Named& a) {
  verb.argument(a.name, "NAME", {"名称", "Name of the table"});
}

}  // namespace

void add_notification_commands(Commands& commands) {
  const char* noun = "notification";
  commands.noun(noun, {"通知設定テーブル", "Notification tables: what is mailed to whom"});
  commands.verb<Fields>(
      noun, "add", {"追加する", "Add a notification table"},
      "certfleet notification add standard --title \"SSL証明書管理SW\" --to ops@example.com --event all",
      declare, add);
  commands.verb<NoArguments>(noun, "list", {"一覧", "List the notification tables"},
                             "certfleet notification list", nullptr, list);
  commands.verb<Named>(noun, "show", {"詳細を表示する", "Show a notification table"},
                       "certfleet notification show standard", declare_named, show);
  commands.verb<Fields>(
      noun, "set", {"変更する", "Change a notification table"},
      "certfleet notification set standard --event expiry --event order-ended",
      [](Verb& verb, Fields& a) {
        declare(verb, a);
        verb.option(a.rename, "--rename", "NAME", {"新しい名称", "New name"})
            .flag(a.no_cc, "--no-cc", {"CC をなくす", "No copies"})
            .not_with("--cc")
            .flag(a.no_interval, "--no-interval",
                  {"認証局が示す間隔で確認する", "The CA is asked when it proposes itself"})
            .not_with("--interval");
        declare_if_revision(verb, a.if_revision);
      },
      set);
  commands.verb<Remove>(
      noun, "remove", {"削除する", "Remove a notification table"}, "certfleet notification remove standard",
      [](Verb& verb, Remove& a) {
        verb.argument(a.name, "NAME", {"名称", "Name of the table"});
        declare_if_revision(verb, a.if_revision);
      },
      remove);
}

}  // namespace certfleet::cli
