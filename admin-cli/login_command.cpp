// certfleet login, logout, whoami, passwd.
#include <algorithm>
#include <cctype>

#include "admin-cli/commands.h"
#include "admin-cli/configuration.h"
#include "admin-cli/context.h"
#include "admin-cli/login_file.h"
#include "admin-cli/new_password.h"
#include "admin-cli/nouns.h"
#include "admin-cli/secrets.h"
#include "admin-cli/times.h"
#include "admin-cli/words.h"
#include "lib/base/file.h"
#include "lib/store/dsn.h"
#include "lib/store/users.h"

namespace certfleet::cli {
namespace {

constexpr int login_hours = 12;  // a working day
constexpr int login_hours_max = 31 * 24;
constexpr int statement_timeout_ms = 60'000;

struct LogIn {
  std::string user;
  bool input = false;
  std::optional<int> hours;
};
struct Passwd {
  bool input = false;
};

store::Database connect_as(const std::string& dsn, const std::string& user, const pki::Secret& password) {
  store::Database database(
      {store::dsn::for_login(dsn, user, password.view()), "certfleet login", statement_timeout_ms});
  database.connect();
  return database;
}

store::users::Standing standing_of(const Context& context, store::Database& database) {
  try {
    if (auto found = database.reading([](store::Tx& tx) { return store::users::who_am_i(tx); })) return *found;
  } catch (const Failure& failure) {
    if (failure.fault() != Fault::denied) throw;  // a role without anything here
  }
  context.fail(Fault::denied, {"この導入のユーザーではありません", "not a user of this installation"});
}

pki::Secret ask_or_read(const Context& context, bool input, const Text& question, const std::string& user) {
  return input ? secret_from_input()
               : ask_secret(context, context.say(question, user), false, "--password-stdin");
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

void login(Context& context, const LogIn& a) {
  auto dsn = find_configuration(context.options().config).dsn;
  auto user = lower(a.user);
  auto password = ask_or_read(context, a.input, {"{} のパスワード", "Password of {}"}, user);
  auto database = connect_as(dsn, user, password);
  auto standing = standing_of(context, database);
  if (!standing.password_set) {
    context.out().line(context.say({"ワンタイムコードを確認しました。パスワードを設定してください",
                                    "the one-time code is right; now set a password"}));
    context.out().flush();
    password = take_new_password(context, a.input, user);
    database.write([&](store::Tx& tx) { store::users::change_own_password(tx, user, password.view()); });
    connect_as(dsn, user, password);
  }
  auto until = SystemClock().wall() + std::chrono::hours(a.hours.value_or(login_hours));
  auto saved = save_login(dsn, user, password, until);
  context.out().done(context.say({"{} としてログインしました ({} まで)", "logged in as {} (until {})"}, user,
                                 local_time(saved.until)),
                     {{{"name", words::user, user},
                       {"role", {"権限", "role"}, standing.role},
                       {"until", {"期限", "until"}, saved.until}},
                      {}});
}

void logout(Context& context, const NoArguments&) {
  auto dsn = find_configuration(context.options().config).dsn;
  bool was = wipe_login(dsn);
  context.out().done(was ? context.say({"ログアウトしました", "logged out"})
                         : context.say({"ログインしていません", "was not logged in"}),
                     {{{"was_logged_in", {"ログイン中だった", "was logged in"}, was}}, {}});
}

void whoami(Context& context, const NoArguments&) {
  auto dsn = find_configuration(context.options().config).dsn;
  auto standing = standing_of(context, context.database());
  auto login = find_login(dsn);
  Cell until;
  if (login) until = Cell(login->until);
  context.out().show({{{"name", words::user, standing.name},
                       {"role", {"権限", "role"}, standing.role},
                       {"groups", words::group, standing.groups},
                       {"until", {"期限", "until"}, until},
                       {"by", {"根拠", "by"},
                        Cell(login ? "login" : "configuration")
                            .as(context.say(login ? Text{"ログイン", "certfleet login"}
                                                  : Text{"設定ファイル", "the configuration"}))}},
                      {}});
}

// The passfile of a configuration as certfleet init writes it: one line, of this user.
void renew_passfile(const std::string& file, const std::string& user, const pki::Secret& password) {
  std::error_code error;
  if (file.empty() || !std::filesystem::exists(file, error)) return;
  auto text = read_file(file);
  auto beginning = store::dsn::passfile_line(user, "");
  beginning.pop_back();
  bool ours = text.starts_with(beginning) && std::count(text.begin(), text.end(), '\n') == 1;
  pki::wipe(text);
  if (ours) write_file(file, store::dsn::passfile_line(user, password.view()), 0600);
}

void passwd(Context& context, const Passwd& a) {
  auto dsn = find_configuration(context.options().config).dsn;
  auto login = find_login(dsn);
  auto user = login ? login->user : store::dsn::user_of(dsn);
  auto current = ask_or_read(context, a.input, {"{} の現在のパスワード", "Current password of {}"}, user);
  auto database = connect_as(dsn, user, current);
  standing_of(context, database);
  auto password = take_new_password(context, a.input, user);
  if (password.equals(current))
    context.fail(Fault::usage, {"パスワード: 現在と同じです", "password: is the same as before"});
  database.write([&](store::Tx& tx) { store::users::change_own_password(tx, user, password.view()); });
  if (login)
    save_login(dsn, user, password, login->until);
  if (store::dsn::user_of(dsn) == user) renew_passfile(store::dsn::passfile_of(dsn), user, password);
  context.out().done(context.say({"{} のパスワードを変更しました", "the password of {} is changed"}, user),
                     {{{"name", words::user, user}}, {}});
}

}  // namespace

void add_login_commands(Commands& commands) {
  commands.verb<LogIn>(
      nullptr, "login", {"ログインする", "Log in"}, "certfleet login a@example.com --hours 8",
      [](Verb& verb, LogIn& a) {
        verb.argument(a.user, "MAIL", {"ユーザー", "User"})
            .flag(a.input, "--password-stdin",
                  {"パスワードを標準入力から読む (ワンタイムコードなら次の行に新しいパスワード)",
                   "Read the password from standard input (after a one-time code, a line with the new one)"})
            .option(a.hours, "--hours", "N", 1, login_hours_max,
                    {"ログインの有効時間 (12)", "Hours that the login lasts (12)"});
      },
      login);
  commands.verb<NoArguments>(nullptr, "logout", {"ログアウトする", "Log out"}, "certfleet logout", nullptr, logout);
  commands.verb<NoArguments>(nullptr, "whoami", {"自分の権限と所属を表示する", "Show who you are"},
                             "certfleet whoami", nullptr, whoami);
  commands.verb<Passwd>(
      nullptr, "passwd", {"自分のパスワードを変更する", "Change your password"}, "certfleet passwd",
      [](Verb& verb, Passwd& a) {
        verb.flag(a.input, "--password-stdin",
                  {"現在と新しいパスワードを標準入力から1行ずつ読む",
                   "Read the current and the new one from standard input, a line each"});
      },
      passwd);
}

}  // namespace certfleet::cli
