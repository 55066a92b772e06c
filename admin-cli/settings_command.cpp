// certfleet settings … (manual 6.2)
#include "admin-cli/commands.h"
#include "admin-cli/context.h"
#include "admin-cli/nouns.h"
#include "admin-cli/revision.h"
#include "admin-cli/words.h"
#include "lib/domain/checks.h"
#include "lib/store/company.h"
#include "lib/store/settings.h"

namespace certfleet::cli {
namespace {

constexpr std::size_t timer_count = domain::timer_bounds.size();

struct Set {
  std::optional<std::string> proxy;
  bool no_proxy = false;
  std::optional<std::string> time_zone;
  std::optional<std::string> language;
  std::array<std::optional<int>, timer_count> timers;  // in the order of timer_bounds
  std::optional<int> if_revision;
};

// In the order of timer_bounds.
struct TimerWords {
  const char* option;
  const char* key;
  Text text;
  Text about;
};
constexpr std::array<TimerWords, timer_count> timer_words = {
    TimerWords{"--csr-timer", "csr_timer_s", {"CSR 完了待ち", "CSR timer"},
               {"鍵と CSR の作成の完了待ち (秒)", "Seconds for making a key and a CSR"}},
    TimerWords{"--order-timer", "order_timer_s", {"申請 完了待ち", "order timer"},
               {"認証局への申請の完了待ち (秒)", "Seconds for one exchange with a CA"}},
    TimerWords{"--apply-timer", "apply_timer_s", {"適用 完了待ち", "apply timer"},
               {"ノードへの適用の完了待ち (秒)", "Seconds for an apply to a node"}},
    TimerWords{"--verify-timer", "verify_timer_s", {"確認 完了待ち", "verify timer"},
               {"TLS による確認の完了待ち (秒)", "Seconds for a check over TLS"}},
    TimerWords{"--mail-timer", "mail_timer_s", {"メール 完了待ち", "mail timer"},
               {"メールの送信の完了待ち (秒)", "Seconds for sending a mail"}},
};

constexpr auto table = store::revisions::Table::settings;

Record record_of(const Context& context, store::Tx& tx, const domain::Settings& settings) {
  auto found = store::company::find(tx);
  auto company = found ? found->name : "";
  Record record{{{"company", {"企業", "company"}, company},
                 {"proxy", {"プロキシー", "proxy"}, settings.proxy},
                 {"time_zone", {"タイムゾーン", "time zone"}, settings.time_zone},
                 {"language", {"言語", "language"}, settings.language}},
                {}};
  for (std::size_t i = 0; i < timer_count; ++i) {
    auto seconds = (settings.timers.*domain::timer_bounds[i].field).count();
    record.fields.push_back(
        {timer_words[i].key, timer_words[i].text, Cell(seconds).as(context.say({"{} 秒", "{} s"}, seconds))});
  }
  record.fields.push_back(revision_field(tx, table, 0));
  return record;
}

void show(Context& context, const NoArguments&) {
  context.database().read([&](store::Tx& tx) {
    context.out().show(record_of(context, tx, store::settings::get(tx)));
  });
}

void set(Context& context, const Set& a) {
  Record record;
  context.database().write([&](store::Tx& tx) {
    hold(context, tx, {table, words::settings, ""}, 0, a.if_revision);
    auto settings = store::settings::get(tx);
    if (a.proxy) settings.proxy = *a.proxy;
    if (a.no_proxy) settings.proxy.reset();
    if (a.time_zone) settings.time_zone = *a.time_zone;
    if (a.language) settings.language = *a.language;
    for (std::size_t i = 0; i < timer_count; ++i)
      if (a.timers[i]) settings.timers.*domain::timer_bounds[i].field = std::chrono::seconds(*a.timers[i]);
    settings = domain::checked(settings);
    store::settings::update(tx, settings);
    record = record_of(context, tx, settings);
  });
  context.out().done(context.say({"設定を更新しました", "settings changed"}), record);
}

void declare_set(Verb& verb, Set& a) {
  verb.option(a.proxy, "--proxy", "HOST:PORT", {"プロキシー", "Proxy for CAs and for checks by URL"})
      .flag(a.no_proxy, "--no-proxy", {"プロキシーを使わない", "No proxy"})
      .not_with("--proxy")
      .option(a.time_zone, "--time-zone", "ZONE", {"タイムゾーン", "Time zone, such as Asia/Tokyo"})
      .choice(a.language, "--language", {"ja", "en"}, {"メールの言語", "Language of mails"});
  for (std::size_t i = 0; i < timer_count; ++i)
    verb.option(a.timers[i], timer_words[i].option, "SECONDS", domain::timer_bounds[i].lowest_s,
                domain::timer_bounds[i].highest_s, timer_words[i].about);
  declare_if_revision(verb, a.if_revision);
}

}  // namespace

void add_settings_commands(Commands& commands) {
  commands.noun("settings", {"全体の設定", "Settings of the whole installation"});
  commands.verb<NoArguments>("settings", "show", {"設定を表示する", "Show the settings"},
                             "certfleet settings show", nullptr, show);
  commands.verb<Set>("settings", "set", {"設定を変更する", "Change the settings"},
                     "certfleet settings set --time-zone Asia/Tokyo --proxy proxy.example.com:8080 --apply-timer 600",
                     declare_set, set);
}

}  // namespace certfleet::cli
