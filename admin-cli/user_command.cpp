// certfleet user … (manual 6.4, 6.5)
#include "admin-cli/commands.h"
#include "admin-cli/lookup.h"
#include "admin-cli/new_password.h"
#include "admin-cli/nouns.h"
#include "admin-cli/revision.h"
#include "admin-cli/times.h"
#include "admin-cli/words.h"
#include "lib/domain/checks.h"
#include "lib/store/groups.h"
#include "lib/store/users.h"

namespace certfleet::cli {
namespace {

constexpr auto revised = store::revisions::Table::user;
constexpr int code_hours = 72;
constexpr int code_hours_max = 31 * 24;  // the database's own limit

constexpr Text role_word{"権限", "role"};
constexpr Text contact_word{"連絡先", "contact"};
constexpr Text password_word{"パスワード", "password"};
constexpr Text code_word{"ワンタイムコード", "one-time code"};
constexpr Text code_until_word{"コードの期限", "code valid until"};

struct Add {
  std::string name;
  std::optional<std::string> role, contact;
  std::vector<std::string> groups;
  bool input = false, code = false;
  std::optional<int> hours;
};
struct Set {
  std::string name;
  std::optional<std::string> role, contact;
  std::optional<int> if_revision;
};
struct Reset {
  std::string name;
  bool password = false, input = false;
  std::optional<int> hours;
};
struct Named {
  std::string name;
};
struct Remove {
  std::string name;
  std::optional<int> if_revision;
};

Cell role_cell(const Context& context, const std::string& role) {
  return Cell(role).as(context.say(role == "admin" ? Text{"管理者", "administrator"} : Text{"一般", "viewer"}));
}

// Manual 6.4: "-----" is set, 未設定 is to be set at the next login.
Cell password_cell(const Context& context, const domain::User& user) {
  if (user.password_set) return Cell("set").as(context.say({"-----", "set"}));
  return Cell("not set").as(context.say({"未設定", "not set"}), Tone::warning);
}

std::vector<std::string> groups_of(store::Tx& tx, UserId id) {
  std::vector<std::string> names;
  for (const auto& group : store::groups::list(tx))
    for (const auto& member : store::groups::members(tx, group.id))
      if (member.id == id) names.push_back(group.name);
  return names;
}

void list(Context& context, const NoArguments&) {
  Table table{{{"name", words::user}, {"password", password_word}, {"role", role_word}, {"contact", contact_word}},
              {},
              {}};
  for (const auto& user : context.database().reading([](store::Tx& tx) { return store::users::list(tx); }))
    table.add({user.name, password_cell(context, user), role_cell(context, user.role), user.contact});
  context.out().show(table);
}

void show(Context& context, const Named& a) {
  Record record;
  context.database().read([&](store::Tx& tx) {
    auto user = user_named(context, tx, a.name);
    record.fields = {{"id", words::id, user.id.value()},
                     {"name", words::user, user.name},
                     {"role", role_word, role_cell(context, user.role)},
                     {"password", password_word, password_cell(context, user)},
                     {"code_until", code_until_word, user.code_expires_at},
                     {"contact", contact_word, user.contact},
                     {"groups", words::group, groups_of(tx, user.id)},
                     revision_field(tx, revised, user.id.value())};
  });
  context.out().show(record);
}

// What the new user needs to know, once.
Record with_code(const domain::User& user, const OneTimeCode& code) {
  return {{{"id", words::id, user.id.value()},
           {"name", words::user, user.name},
           {"code", code_word, std::string(code.code.view())},
           {"code_until", code_until_word, code.until}},
          {}};
}

std::string code_sentence(const Context& context, const domain::User& user, const OneTimeCode& code) {
  return context.say({"{0} のワンタイムコード: {1} ({2} まで。再表示できません)\n"
                      "  {0} は certfleet login {0} でこのコードを入力し、パスワードを設定します",
                      "one-time code of {0}: {1} (until {2}; it is not shown again)\n"
                      "  {0} enters it in certfleet login {0} and sets a password"},
                     user.name, code.code.view(), local_time(code.until));
}

void add(Context& context, const Add& a) {
  auto user = domain::checked(
      domain::User{{}, a.name, a.role.value_or("viewer"), a.contact.value_or(""), true, {}});
  std::optional<OneTimeCode> code;
  context.database();  // reachable, before a password is asked
  if (a.code) code.emplace(make_code(a.hours.value_or(code_hours)));
  auto password = code ? code->code.copy() : take_new_password(context, a.input, user.name);
  context.database().write([&](store::Tx& tx) {
    user.id = store::users::add(tx, user, password.view(), code ? std::optional(code->until) : std::nullopt);
    for (const auto& name : a.groups)
      store::groups::add_member(tx, group_named(context, tx, name).id, user.id);
  });
  auto sentence = context.say(words::added, context.say(words::user), user.name);
  if (!code) return context.out().done(sentence, id_and_name(user.id.value(), user.name));
  context.out().done(sentence + "\n" + code_sentence(context, user, *code), with_code(user, *code));
}

void set(Context& context, const Set& a) {
  domain::User user;
  context.database().write([&](store::Tx& tx) {
    auto id = user_named(context, tx, a.name).id;
    hold(context, tx, {revised, words::user, a.name}, id.value(), a.if_revision);
    user = store::users::get(tx, id);
    if (a.role) user.role = *a.role;
    if (a.contact) user.contact = *a.contact;
    user = domain::checked(std::move(user));
    store::users::update(tx, user);
  });
  context.out().done(context.say(words::changed, context.say(words::user), user.name),
                     id_and_name(user.id.value(), user.name));
}

void remove(Context& context, const Remove& a) {
  remove_after_question(
      context, {revised, words::user, a.name}, a.if_revision,
      context.say(words::remove_question, context.say(words::user), a.name),
      [&](store::Tx& tx) { return user_named(context, tx, a.name).id.value(); },
      [](store::Tx& tx, std::int64_t id) { store::users::remove(tx, store::users::get(tx, UserId(id)).name); });
}

// The administrator sets the password himself (manual 6.5.3).
void set_password(Context& context, const domain::User& user, bool input) {
  if (!context.confirmed(context.say({"{} のパスワードを変更し、接続を切断しますか?",
                                      "Change the password of {} and end the sessions?"},
                                     user.name)))
    return;
  auto password = take_new_password(context, input, user.name);
  context.database().write([&](store::Tx& tx) { store::users::set_password(tx, user.name, password.view()); });
  context.out().done(context.say({"{} のパスワードを変更しました", "password of {} changed"}, user.name),
                     id_and_name(user.id.value(), user.name));
}

void reset(Context& context, const Reset& a) {
  auto user =
      context.database().reading([&](store::Tx& tx) { return user_named(context, tx, a.name); });
  if (a.password || a.input) return set_password(context, user, a.input);
  if (!context.confirmed(context.say({"{} のパスワードを無効にし、接続を切断しますか?",
                                      "End the password and the sessions of {}?"},
                                     user.name)))
    return;
  auto code = make_code(a.hours.value_or(code_hours));
  context.database().write(
      [&](store::Tx& tx) { store::users::reset(tx, user.name, code.code.view(), code.until); });
  context.out().done(code_sentence(context, user, code), with_code(user, code));
}

void declare_add(Verb& verb, Add& a) {
  verb.argument(a.name, "MAIL", {"メールアドレス (ユーザー ID)", "Mail address, which is the user's id"})
      .choice(a.role, "--role", {"admin", "viewer"}, {"権限 (viewer)", "Role (viewer)"})
      .option(a.contact, "--contact", "TEXT", {"連絡先", "Contact, any text"})
      .list(a.groups, "--group", "NAME", {"所属グループ", "Group that he is in"})
      .flag(a.input, "--password-stdin", {"パスワードを標準入力から読む", "Read the password from standard input"})
      .flag(a.code, "--code",
            {"次回ログイン時に設定 (ワンタイムコードを発行)", "He sets it at the next login, with a one-time code"})
      .not_with("--password-stdin")
      .option(a.hours, "--code-hours", "N", 1, code_hours_max,
              {"コードの有効時間 (72)", "Hours that the code is good for (72)"});
}

void declare_set(Verb& verb, Set& a) {
  verb.argument(a.name, "MAIL", {"ユーザー", "User"})
      .choice(a.role, "--role", {"admin", "viewer"}, {"権限", "Role"})
      .option(a.contact, "--contact", "TEXT", {"連絡先", "Contact, any text"});
  declare_if_revision(verb, a.if_revision);
}

void declare_named(Verb& verb, Named& a) {
  verb.argument(a.name, "MAIL", {"ユーザー", "User"});
}

}  // namespace

void add_user_commands(Commands& commands) {
  commands.noun("user", {"ユーザー", "Users"});
  commands.verb<NoArguments>("user", "list", {"ユーザーの一覧", "List the users"}, "certfleet user list", nullptr,
                             list);
  commands.verb<Named>("user", "show", {"詳細を表示する", "Show a user"}, "certfleet user show a@example.com",
                       declare_named, show);
  commands.verb<Add>("user", "add", {"ユーザーを追加する", "Add a user"},
                     "certfleet user add a@example.com --role admin --group web --code", declare_add, add);
  commands.verb<Set>("user", "set", {"権限や連絡先を変更する", "Change a user's role or contact"},
                     "certfleet user set a@example.com --contact \"ext. 4711\"", declare_set, set);
  commands.verb<Remove>(
      "user", "remove", {"ユーザーを削除する", "Remove a user"}, "certfleet user remove a@example.com",
      [](Verb& verb, Remove& a) {
        verb.argument(a.name, "MAIL", {"ユーザー", "User"});
        declare_if_revision(verb, a.if_revision);
      },
      remove);
  commands.verb<Reset>(
      "user", "reset",
      {"パスワードを再設定させる、または設定する", "Let a user set a new password, or set it"},
      "certfleet user reset a@example.com --code-hours 24\n  certfleet user reset a@example.com --password",
      [](Verb& verb, Reset& a) {
        verb.argument(a.name, "MAIL", {"ユーザー", "User"})
            .option(a.hours, "--code-hours", "N", 1, code_hours_max,
                    {"コードの有効時間 (72)", "Hours that the code is good for (72)"})
            .flag(a.password, "--password",
                  {"コードを発行せず、パスワードを入力して設定する", "Ask for a password and set it, without a code"})
            .not_with("--code-hours")
            .flag(a.input, "--password-stdin",
                  {"同じく、パスワードを標準入力から読む", "The same, reading it from standard input"})
            .not_with("--code-hours");
      },
      reset);
}

}  // namespace certfleet::cli
