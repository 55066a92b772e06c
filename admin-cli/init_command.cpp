// certfleet init
#include "admin-cli/commands.h"
#include "admin-cli/context.h"
#include "admin-cli/init.h"
#include "admin-cli/new_password.h"
#include "admin-cli/nouns.h"
#include "admin-cli/secrets.h"

namespace certfleet::cli {
namespace {

struct Init {
  InitPlan plan;
  std::string directory;
  std::optional<std::string> time_zone, language, http01;
  SecretSource password;
};

void declare(Verb& verb, Init& a) {
  verb.option(a.plan.owner_dsn, "--database", "DSN",
              {"データベースの所有者としての接続先",
               "Connection as the owner of the database, who may make roles"})
      .needed()
      .option(a.directory, "--directory", "DIR",
              {"設定と鍵を置くフォルダー", "Folder for configurations and keys"})
      .needed()
      .option(a.plan.company, "--company", "NAME", {"企業名", "Name of the company"})
      .needed()
      .option(a.plan.site, "--site", "NAME", {"最初の拠点", "First site"})
      .needed()
      .option(a.plan.group, "--group", "NAME", {"最初のグループ", "First user group"})
      .needed()
      .option(a.plan.admin, "--admin", "MAIL", {"最初の管理者", "First administrator"})
      .needed()
      .flag(a.password.input, "--password-stdin",
            {"管理者のパスワードを標準入力から読む", "Read the administrator's password from standard input"})
      .option(a.time_zone, "--time-zone", "ZONE", {"タイムゾーン (UTC)", "Time zone (UTC)"})
      .choice(a.language, "--language", {"ja", "en"}, {"メールの言語 (ja)", "Language of mails (ja)"})
      .list(a.plan.brokers, "--broker", "HOST:PORT",
            {"ブローカーのアドレス (127.0.0.1:9020)", "Address of a broker (127.0.0.1:9020)"})
      .option(a.http01, "--http01", "ADDRESS:PORT",
              {"http-01 の応答アドレス (0.0.0.0:80)", "Where http-01 challenges are answered (0.0.0.0:80)"});
}

void init(Context& context, const Init& a) {
  auto plan = a.plan;
  plan.directory = a.directory;
  if (a.time_zone) plan.time_zone = *a.time_zone;
  if (a.language) plan.language = *a.language;
  if (a.http01) plan.http01_listen = *a.http01;
  if (plan.brokers.empty()) plan.brokers = {"127.0.0.1:9020"};
  plan = checked(plan);
  auto password = take_new_password(context, a.password.input, plan.admin);
  auto result = initialise(plan, password);
  auto config = (plan.directory / "certfleet.toml").string();
  Record record{{{"company", {"企業", "company"}, plan.company},
                 {"directory", {"フォルダー", "folder"}, plan.directory.string()},
                 {"config", {"設定ファイル", "configuration"}, config},
                 {"resumed", {"再開", "resumed"}, result.resumed}},
                {}};
  context.out().done(result.resumed ? context.say({"中断されていた初期化を完了しました: {}",
                                                   "the interrupted initialisation is complete: {}"},
                                                  plan.company)
                                    : context.say({"初期化しました: {}", "initialised: {}"}, plan.company),
                     record);
  context.out().line("  export CERTFLEET_CONFIG=" + config);
  if (!result.warning.empty())
    std::fprintf(stderr, "%s\n",
                 context
                     .say({"警告: デーモンのロールでログインできません (pg_hba.conf を確認してください): {}",
                           "warning: a daemon's role can't log in (see pg_hba.conf): {}"},
                          result.warning)
                     .c_str());
}

}  // namespace

void add_init_command(Commands& commands) {
  commands.verb<Init>(
      nullptr, "init", {"新しく導入する", "Make a new installation"},
      "certfleet init --database \"host=db.example.com dbname=certfleet user=certfleet_owner\""
      " --directory /etc/certfleet --company \"Example K.K.\" --site tokyo --group web"
      " --admin admin@example.com --time-zone Asia/Tokyo --broker broker.example.com:9020",
      declare, init);
}

}  // namespace certfleet::cli
