// certfleet settings … (manual 6.2)
#include "admin-cli/commands.h"
#include "admin-cli/context.h"
#include "admin-cli/nouns.h"
#include "lib/domain/checks.h"
#include "lib/store/company.h"
#include "lib/store/settings.h"

namespace certfleet::cli {
namespace {

struct Set {
  std::optional<std::string> proxy;
  bool no_proxy = false;
  std::optional<std::string> time_zone;
  std::optional<std::string> language;
};

Record record_of(const domain::Settings& settings, const std::string& company) {
  return {{{"company", {"企業", "company"}, company},
           {"proxy", {"プロキシー", "proxy"}, settings.proxy},
           {"time_zone", {"タイムゾーン", "time zone"}, settings.time_zone},
           {"language", {"言語", "language"}, settings.language}},
          {}};
}

void show(Context& context, const NoArguments&) {
  context.database().read([&](store::Tx& tx) {
    auto company = store::company::find(tx);
    context.out().show(record_of(store::settings::get(tx), company ? company->name : ""));
  });
}

void set(Context& context, const Set& a) {
  Record record;
  context.database().write([&](store::Tx& tx) {
    auto settings = store::settings::get(tx);
    if (a.proxy) settings.proxy = *a.proxy;
    if (a.no_proxy) settings.proxy.reset();
    if (a.time_zone) settings.time_zone = *a.time_zone;
    if (a.language) settings.language = *a.language;
    settings = domain::checked(settings);
    store::settings::update(tx, settings);
    auto company = store::company::find(tx);
    record = record_of(settings, company ? company->name : "");
  });
  context.out().done(context.say({"設定を更新しました", "settings changed"}), record);
}

}  // namespace

void add_settings_commands(Commands& commands) {
  commands.noun("settings", {"全体の設定", "Settings of the whole installation"});
  commands.verb<NoArguments>("settings", "show", {"設定を表示する", "Show the settings"},
                             "certfleet settings show", nullptr, show);
  commands.verb<Set>(
      "settings", "set", {"設定を変更する", "Change the settings"},
      "certfleet settings set --time-zone Asia/Tokyo --proxy proxy.example.com:8080",
      [](Verb& verb, Set& a) {
        verb.option(a.proxy, "--proxy", "HOST:PORT", {"プロキシー", "Proxy for CAs and for checks by URL"})
            .flag(a.no_proxy, "--no-proxy", {"プロキシーを使わない", "No proxy"})
            .not_with("--proxy")
            .option(a.time_zone, "--time-zone", "ZONE", {"タイムゾーン", "Time zone, such as Asia/Tokyo"})
            .choice(a.language, "--language", {"ja", "en"}, {"メールの言語", "Language of mails"});
      },
      set);
}

}  // namespace certfleet::cli
