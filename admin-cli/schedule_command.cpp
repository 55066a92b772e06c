// certfleet schedule …: the set times of the batch runs
#include "admin-cli/commands.h"
#include "admin-cli/context.h"
#include "admin-cli/nouns.h"
#include "admin-cli/revision.h"
#include "admin-cli/words.h"
#include "lib/store/schedules.h"
#include "lib/store/settings.h"

namespace certfleet::cli {
namespace {

using domain::Schedule;

struct Named {
  std::string name;
  std::optional<int> if_revision;
};
struct Show {
  std::string name;
  std::optional<int> count;
};
struct Set {
  std::string name;
  std::optional<std::string> cron, time_zone;
  bool installation_zone = false;
  std::optional<int> days, if_revision;
};

constexpr auto revised = store::revisions::Table::schedule;
constexpr int times_default = 5;
constexpr int times_max = 100;
constexpr std::chrono::minutes late{5};  // a scheduler that lives is never so late

struct About {
  const char* task;
  Text text;
};
constexpr std::array abouts = {
    About{domain::batch::expiry_scan, {"有効期限の確認と通知", "tells of certificates that are near their end"}},
    About{domain::batch::verify, {"全ノードの TLS による確認", "checks all enabled nodes over TLS"}},
    About{domain::batch::orders, {"期限の近い証明書の申請", "orders what ends soon"}},
    About{domain::batch::applies, {"新しい証明書の適用", "applies newer certificates"}},
};

std::string about(const Context& context, const std::string& task) {
  for (const auto& entry : abouts)
    if (task == entry.task) return context.say(entry.text);
  return "";
}

Schedule named(const Context& context, store::Tx& tx, const std::string& name) {
  if (auto found = store::schedules::find(tx, name)) return *found;
  std::vector<std::string> names;
  for (const auto& schedule : store::schedules::list(tx)) names.push_back(schedule.task);
  no_such(context, words::schedule, name, names);
}

// Red: nobody made it.
Cell due_cell(const Context& context, const Schedule& schedule, WallTime now) {
  Cell cell(schedule.due_at);
  if (!schedule.due_at || now - *schedule.due_at < late) return cell;
  auto text = *cell.shown + context.say({" (未実行)", " (missed)"});
  return std::move(cell).as(text, Tone::error);
}

void list(Context& context, const NoArguments&) {
  Table table{{{"name", words::name},
               {"enabled", words::enabled},
               {"cron", {"日時", "set time"}},
               {"time_zone", {"タイムゾーン", "time zone"}},
               {"next", {"次回", "next"}},
               {"last", {"前回", "last"}},
               {"about", {"内容", "what it does"}}},
              {},
              {}};
  auto now = SystemClock().wall();
  context.database().read([&](store::Tx& tx) {
    auto zone = store::settings::get(tx).time_zone;
    for (const auto& row : store::schedules::list(tx))
      table.add({row.task, row.enabled, row.cron, row.time_zone.value_or(zone), due_cell(context, row, now),
                 row.ran_at, about(context, row.task)});
  });
  context.out().show(table);
}

Record record_of(const Context& context, const Schedule& schedule, const std::string& zone, int count) {
  auto now = SystemClock().wall();
  Record record{{{"name", words::name, schedule.task},
                 {"about", {"内容", "what it does"}, about(context, schedule.task)},
                 {"enabled", words::enabled, schedule.enabled},
                 {"cron", {"日時", "set time"}, schedule.cron},
                 {"time_zone", {"タイムゾーン", "time zone"}, schedule.time_zone},
                 {"days", {"期限前の日数", "days before the end"}, schedule.within_days},
                 {"next", {"次回", "next"}, due_cell(context, schedule, now)},
                 {"last", {"前回", "last"}, schedule.ran_at},
                 {"last_due", {"前回の予定", "last was set for"}, schedule.ran_due_at}},
                {}};
  if (!schedule.time_zone)
    record.fields[4].cell = Cell().as(context.say({"{} (全体の設定)", "{} (the installation's)"}, zone));
  Table times{{{"at", words::at}}, {}, {}};
  for (int i = 0; i < count && schedule.enabled; ++i) {
    now = domain::next_run(schedule, zone, now);
    times.add({now});
  }
  record.sections.push_back({"times", {"実行予定", "Set times"}, times});
  return record;
}

void show(Context& context, const Show& a) {
  context.database().read([&](store::Tx& tx) {
    auto schedule = named(context, tx, a.name);
    auto record = record_of(context, schedule, store::settings::get(tx).time_zone, a.count.value_or(times_default));
    record.fields.push_back(revision_field(tx, revised, store::schedules::id_of(tx, schedule.task).value()));
    context.out().show(record);
  });
}

void change(Context& context, const std::string& name, std::optional<int> if_revision,
            const std::function<void(Schedule&)>& body) {
  Record record;
  context.database().write([&](store::Tx& tx) {
    auto id = store::schedules::id_of(tx, named(context, tx, name).task).value();
    hold(context, tx, {revised, words::schedule, name}, id, if_revision);
    auto schedule = named(context, tx, name);
    body(schedule);
    schedule = store::schedules::update(tx, schedule);
    record = record_of(context, schedule, store::settings::get(tx).time_zone, times_default);
  });
  context.out().done(context.say(words::changed, context.say(words::schedule), name), record);
}

void set(Context& context, const Set& a) {
  change(context, a.name, a.if_revision, [&](Schedule& schedule) {
    if (a.cron) schedule.cron = *a.cron;
    if (a.time_zone) schedule.time_zone = *a.time_zone;
    if (a.installation_zone) schedule.time_zone.reset();
    if (a.days) schedule.within_days = *a.days;
  });
}

void enable(Context& context, const Named& a) {
  change(context, a.name, a.if_revision, [](Schedule& schedule) { schedule.enabled = true; });
}

void disable(Context& context, const Named& a) {
  change(context, a.name, a.if_revision, [](Schedule& schedule) { schedule.enabled = false; });
}

void declare_named(Verb& verb, Named& a) {
  verb.argument(a.name, "NAME", {"名称", "Name"});
  declare_if_revision(verb, a.if_revision);
}

}  // namespace

void add_schedule_commands(Commands& commands) {
  const char* noun = "schedule";
  commands.noun(noun, {"定期処理の日時", "Set times of the batch runs"});
  commands.verb<NoArguments>(noun, "list", {"一覧", "List the batch runs with their set times"},
                             "certfleet schedule list", nullptr, list);
  commands.verb<Show>(
      noun, "show", {"詳細と次回以降の日時を表示する", "Show a batch run and when it runs next"},
      "certfleet schedule show expiry-scan --count 10",
      [](Verb& verb, Show& a) {
        verb.argument(a.name, "NAME", {"名称", "Name"})
            .option(a.count, "--count", "N", 1, times_max, {"表示する日時の数 (5)", "So many of the next times (5)"});
      },
      show);
  commands.verb<Set>(
      noun, "set", {"日時を変更する", "Change when a batch run is made"},
      "certfleet schedule set expiry-scan --cron \"0 6 * * mon-fri\" --time-zone Asia/Tokyo",
      [](Verb& verb, Set& a) {
        verb.argument(a.name, "NAME", {"名称", "Name"})
            .option(a.cron, "--cron", "TIMES",
                    {"分 時 日 月 曜日", "Minute, hour, day of month, month, day of week, as cron has them"})
            .option(a.time_zone, "--time-zone", "ZONE", {"タイムゾーン", "Time zone of its own, such as Asia/Tokyo"})
            .flag(a.installation_zone, "--no-time-zone",
                  {"全体の設定のタイムゾーンを使う", "The time zone of the installation"})
            .not_with("--time-zone")
            .option(a.days, "--days", "N", 1, 365,
                    {"orders: 期限までこの日数未満の証明書を申請する", "orders: what ends within so many days"});
        declare_if_revision(verb, a.if_revision);
      },
      set);
  commands.verb<Named>(noun, "enable", {"有効にする", "Let a batch run be made"}, "certfleet schedule enable orders",
                       declare_named, enable);
  commands.verb<Named>(noun, "disable", {"無効にする", "Make a batch run no more"},
                       "certfleet schedule disable verify", declare_named, disable);
}

}  // namespace certfleet::cli
