// certfleet mail … (manual 6.6)
#include "admin-cli/commands.h"
#include "admin-cli/context.h"
#include "admin-cli/follow.h"
#include "admin-cli/lookup.h"
#include "admin-cli/nouns.h"
#include "admin-cli/revision.h"
#include "admin-cli/secrets.h"
#include "admin-cli/words.h"
#include "lib/domain/checks.h"
#include "lib/store/job_views.h"
#include "lib/store/mail_settings.h"
#include "lib/store/mails.h"
#include "lib/store/settings.h"

namespace certfleet::cli {
namespace {

struct Set {
  std::optional<std::string> from, host, user;
  std::optional<int> port;
  bool no_auth = false;
  SecretSource password;
  std::string ca_file;
  bool no_ca_file = false;
  std::optional<int> if_revision;
};

constexpr auto revised = store::revisions::Table::mail_settings;
Edited edited() { return {revised, words::mail_settings, ""}; }

Record record_of(const domain::MailSettings& settings) {
  return {{{"from", {"発信元", "from"}, settings.from_address},
           {"host", {"メールサーバー", "server"}, settings.host},
           {"port", words::port, settings.port},
           {"user", {"SMTP認証ユーザー", "SMTP user"}, settings.auth_user},
           {"own_trust", {"個別のCA証明書", "own CA certificates"}, settings.ca_pem.has_value()}},
          {}};
}

[[noreturn]] void none_yet(const Context& context) {
  context.fail(Fault::not_found, {"メール送信設定がありません (certfleet mail set)",
                                  "there are no mail settings yet (certfleet mail set)"});
}

void show(Context& context, const NoArguments&) {
  Record record;
  context.database().read([&](store::Tx& tx) {
    auto settings = store::mail_settings::find(tx);
    if (!settings) none_yet(context);
    record = record_of(*settings);
    record.fields.push_back(revision_field(tx, revised, 0));
  });
  context.out().show(record);
}

// The password is asked for when the user or the server is new or another, or when it is given.
void take_password(Context& context, domain::MailSettings& settings, const Set& a, bool needed) {
  if (!settings.auth_user) return;
  if (!needed && !a.password.input && a.password.file.empty()) return;
  auto secret = take_secret(context, a.password,
                            context.say({"{} のパスワード", "Password of {}"}, *settings.auth_user),
                            "--password-stdin, --password-file");
  settings.auth_password = context.database().reading(
      [&](store::Tx& tx) { return seal(tx, domain::purpose::smtp_password, secret); });
}

void set(Context& context, const Set& a) {
  std::optional<domain::MailSettings> before;
  std::optional<std::int64_t> seen = a.if_revision;
  context.database().read([&](store::Tx& tx) {
    before = store::mail_settings::find(tx);
    if (before && !seen) seen = store::revisions::of(tx, revised, 0);
  });
  auto settings = before.value_or(domain::MailSettings());
  if (a.from) settings.from_address = *a.from;
  if (a.host) settings.host = *a.host;
  if (a.port) settings.port = *a.port;
  if (a.user) settings.auth_user = *a.user;
  if (a.no_auth) settings.auth_user.reset();
  if (!a.ca_file.empty()) settings.ca_pem = trusted_certificates(a.ca_file);
  if (a.no_ca_file) settings.ca_pem.reset();
  if (settings.from_address.empty() || settings.host.empty())
    context.fail(Fault::usage, {"--from と --host が必要です", "--from and --host are needed"});
  settings = domain::checked(settings);
  take_password(context, settings, a,
                !before || std::tie(settings.auth_user, settings.host, settings.ca_pem) !=
                               std::tie(before->auth_user, before->host, before->ca_pem));
  context.database().write([&](store::Tx& tx) {
    // A password may have been asked for since: what was looked at must still be there.
    if (before || seen) hold(context, tx, edited(), 0, seen);
    store::mail_settings::set(tx, settings);
  });
  context.out().done(context.say({"メール送信設定を更新しました", "mail settings changed"}),
                     record_of(settings));
}

struct Test {
  std::optional<std::string> notification;
};

constexpr std::chrono::seconds answer_more{30};  // than the attempt itself may take

// The mail worker sends it: the command could not open the password, and stands elsewhere.
void test(Context& context, const Test& a) {
  store::traces::Filter filter;
  filter.since =
      SystemClock().wall() - std::chrono::minutes(5);  // clocks differ; request numbers come again one day
  std::chrono::seconds answer_limit{};
  context.database().write([&](store::Tx& tx) {
    answer_limit = store::settings::get(tx).timers.mail + answer_more;
    auto table = notification_or_only(context, tx, a.notification);
    filter.request_no = store::mails::request_test(tx, table.id);
  });
  auto deadline = Deadline::in(answer_limit);
  std::optional<store::job_views::Row> job;
  follow(context, filter, [&](store::Tx& tx) {
    store::job_views::Filter jobs;
    jobs.kind = "mail.test";
    jobs.request_no = filter.request_no;
    auto rows = store::job_views::newest(tx, jobs, 1);
    if (!rows.empty()) job = rows.front();
    return deadline.over() || (job && job->ended_at.has_value());
  });
  if (!job || !job->ended_at)
    context.fail(Fault::retry,
                 {"{} 秒以内に送信されませんでした。certfleet status でメールのワーカーを確認してください",
                  "not sent within {} s: see in certfleet status whether a mail worker runs"},
                 answer_limit.count());
  if (job->state != "done")
    context.fail(Fault::permanent, {"送信できませんでした: {}", "not sent: {}"}, job->error);
  context.out().line(context.say({"テストメールを送信しました", "the test mail is sent"}));
}

struct Remove {
  std::optional<int> if_revision;
};

void remove(Context& context, const Remove& a) {
  if (!context.database().reading([](store::Tx& tx) { return store::mail_settings::find(tx); })) none_yet(context);
  remove_after_question(
      context, edited(), a.if_revision,
      context.say({"メール送信設定を削除しますか? メールは送信されなくなります。",
                   "Remove the mail settings? No mail is sent then."}),
      [](store::Tx&) { return std::int64_t{0}; },
      [](store::Tx& tx, std::int64_t) { store::mail_settings::remove(tx); });
}

void declare_set(Verb& verb, Set& a) {
  verb.option(a.from, "--from", "MAIL", {"発信元メールアドレス", "Sender"})
      .option(a.host, "--host", "HOST", {"メールサーバー", "Mail server"})
      .option(a.port, "--port", "PORT", 1, 65535, {"ポート番号 (587)", "Port (587)"})
      .option(a.user, "--user", "ID",
              {"SMTP 認証のユーザー (サーバーが求める形式。メールアドレスでなくてもよい)",
               "User for SMTP AUTH, in the form that the server wants: a mail address or a plain name"})
      .flag(a.no_auth, "--no-auth", {"SMTP 認証をしない", "No SMTP AUTH"})
      .not_with("--user")
      .flag(a.password.input, "--password-stdin",
            {"パスワードを標準入力から読む", "Read the password from standard input"})
      .option(a.password.file, "--password-file", "FILE",
              {"パスワードをファイルから読む", "Read the password from a file"})
      .not_with("--password-stdin")
      .option(a.ca_file, "--ca-file", "FILE",
              {"サーバーを信頼する CA 証明書 (PEM)", "Certificates to trust for the server (PEM)"})
      .flag(a.no_ca_file, "--no-ca-file", {"システムの CA 証明書を使う", "Trust what the system trusts"})
      .not_with("--ca-file");
  declare_if_revision(verb, a.if_revision);
}

}  // namespace

void add_mail_commands(Commands& commands) {
  commands.noun("mail", {"メール送信設定", "Mail settings"});
  commands.verb<NoArguments>("mail", "show", {"設定を表示する", "Show the mail settings"},
                             "certfleet mail show", nullptr, show);
  commands.verb<Set>(
      "mail", "set", {"設定を変更する", "Change the mail settings"},
      "certfleet mail set --from certfleet@example.com --host smtp.example.com --user certfleet@example.com",
      declare_set, set);
  commands.verb<Remove>(
      "mail", "remove", {"設定を削除する", "Remove the mail settings: no mail is sent then"}, "certfleet mail remove",
      [](Verb& verb, Remove& a) { declare_if_revision(verb, a.if_revision); }, remove);
  commands.verb<Test>(
      "mail", "test", {"テストメールを送信する", "Send a test mail and show how it went"},
      "certfleet mail test",
      [](Verb& verb, Test& a) {
        verb.option(a.notification, "--notification", "NAME",
                    {"この通知設定テーブルの宛先に送る", "To the recipients of this notification table"});
      },
      test);
}

}  // namespace certfleet::cli
