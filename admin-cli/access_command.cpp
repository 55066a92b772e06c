// certfleet access … (manual 9.1.6). The host key is looked at in host_key_command.cpp.
#include "admin-cli/access_fields.h"
#include "admin-cli/lookup.h"
#include "admin-cli/nouns.h"
#include "admin-cli/revision.h"
#include "admin-cli/words.h"
#include "lib/domain/checks.h"
#include "lib/store/accesses.h"

namespace certfleet::cli {
namespace {

constexpr Text login_word{"ログインID", "login id"};
constexpr Text password_word{"パスワード", "password"};
constexpr Text key_word{"SSH鍵", "SSH key"};
constexpr auto revised = store::revisions::Table::access;
constexpr Text exec_word{"実行ID", "execution id"};
constexpr Text exec_password_word{"実行パスワード", "execution password"};
constexpr Text host_key_word{"ホスト鍵", "host key"};

struct Named {
  std::string name;
};
struct Add {
  std::string name;
  AccessFields fields;
  bool without_host_key = false;
};
struct Set {
  std::string name;
  std::optional<std::string> rename;
  AccessFields fields;
  bool no_port = false, no_password = false, no_key = false, no_exec = false, no_exec_password = false;
  std::optional<int> if_revision;
};
struct Remove {
  std::string name;
  std::optional<int> if_revision;
};

void declare_named(Verb& verb, Named& a) {
  verb.argument(a.name, "NAME", {"アクセス名称", "Name of the access"});
}

void declare_remove(Verb& verb, Remove& a) {
  verb.argument(a.name, "NAME", {"アクセス名称", "Name of the access"});
  declare_if_revision(verb, a.if_revision);
}

void declare_add(Verb& verb, Add& a) {
  verb.argument(a.name, "NAME", {"アクセス名称", "Name"});
  declare_access_fields(verb, a.fields);
  verb.flag(a.without_host_key, "--without-host-key",
            {"SSH を使わないアクセス、またはホスト鍵を後で登録する",
             "An access that is not for SSH, or whose host key is stored later"})
      .not_with("--host-key");
}

void declare_set(Verb& verb, Set& a) {
  verb.argument(a.name, "NAME", {"アクセス名称", "Name of the access"})
      .option(a.rename, "--rename", "NAME", {"新しい名称", "New name"});
  declare_access_fields(verb, a.fields);
  declare_if_revision(verb, a.if_revision);
  verb.flag(a.no_port, "--no-port", {"標準のポートにする", "The protocol's own port"})
      .not_with("--port")
      .flag(a.no_password, "--no-password", {"パスワードを削除する", "Remove the password"})
      .not_with("--password")
      .not_with("--password-stdin")
      .not_with("--password-file")
      .flag(a.no_key, "--no-key", {"SSH 秘密鍵を削除する", "Remove the SSH key"})
      .not_with("--key-file")
      .flag(a.no_exec, "--no-exec",
            {"実行IDとそのパスワードを削除する", "Remove the execution id and its password"})
      .not_with("--exec")
      .not_with("--exec-password")
      .not_with("--exec-password-stdin")
      .not_with("--exec-password-file")
      .flag(a.no_exec_password, "--no-exec-password",
            {"実行IDのパスワードを削除する", "Remove sudo's password"})
      .not_with("--exec-password")
      .not_with("--exec-password-stdin")
      .not_with("--exec-password-file");
}

void require_exec(const Context& context, const AccessFields& f, bool has_exec) {
  if (f.has_exec_password() && !has_exec)
    context.fail(Fault::usage,
                 {"実行 ID のパスワードには --exec が必要です", "a password for sudo needs --exec"});
}

void require_add(const Context& context, const Add& a) {
  for (auto [option, given] : {std::pair("--address", a.fields.address.has_value()),
                               std::pair("--login", a.fields.login.has_value())})
    if (!given)
      context.fail(
          Fault::usage,
          {"{} が必要です (certfleet access add --help)", "{} is needed (certfleet access add --help)"},
          option);
  if (!a.fields.host_key && !a.without_host_key)
    context.fail(
        Fault::usage,
        {"--host-key が必要です。後で登録するなら --without-host-key と certfleet access host-key {}",
         "--host-key is needed, or --without-host-key and then certfleet access host-key {}"},
        a.name);
  require_exec(context, a.fields, a.fields.exec.has_value());
}

void add(Context& context, const Add& a) {
  require_add(context, a);
  domain::Access access;
  access.name = a.name;
  take_access_fields(access, a.fields);
  access = domain::checked(access);
  auto fields = a.fields;
  if (fields.key_file.empty() && !fields.has_password())
    fields.ask_password = true;  // one of the two is needed
  auto secrets = read_access_secrets(context, fields);
  context.database().write([&](store::Tx& tx) {
    seal_into(tx, access, secrets);
    access.id = store::accesses::add(tx, access);
  });
  context.out().done(context.say(words::added, context.say(words::access), a.name),
                     id_and_name(access.id.value(), a.name));
}

void set(Context& context, const Set& a) {
  auto secrets = read_access_secrets(context, a.fields);
  domain::Access access;
  context.database().write([&](store::Tx& tx) {
    auto id = access_named(context, tx, a.name).id;
    hold(context, tx, {revised, words::access, a.name}, id.value(), a.if_revision);
    access = store::accesses::get(tx, id);
    if (a.rename) access.name = *a.rename;
    take_access_fields(access, a.fields);
    require_exec(context, a.fields, access.exec_id.has_value());
    if (a.no_port) access.port.reset();
    if (a.no_exec) access.exec_id.reset();
    seal_into(tx, access, secrets);
    if (a.no_password) access.login_secret = "";  // an empty one is removed
    if (a.no_key) access.login_key = "";
    if (a.no_exec || a.no_exec_password) access.exec_secret = "";
    access = domain::checked(access);
    store::accesses::update(tx, access);
    store::accesses::require_fit(tx, access.id);
  });
  context.out().done(context.say(words::changed, context.say(words::access), access.name),
                     id_and_name(access.id.value(), access.name));
}

void list(Context& context, const NoArguments&) {
  Table table{{{"name", words::name},
               {"address", words::address},
               {"port", words::port},
               {"login", login_word},
               {"exec", exec_word},
               {"host_key", host_key_word}},
              {},
              {}};
  for (const auto& access :
       context.database().reading([](store::Tx& tx) { return store::accesses::list(tx); }))
    table.add({access.name, access.address, access.port, access.login_id, access.exec_id, access.host_key});
  context.out().show(table);
}

void show(Context& context, const Named& a) {
  Field revision;
  auto access = context.database().reading([&](store::Tx& tx) {
    auto found = access_named(context, tx, a.name);
    revision = revision_field(tx, revised, found.id.value());
    return found;
  });
  auto set_or_not = [&](bool set) {
    return Cell(set).as(set ? context.say({"設定済", "set"}) : context.say({"未設定", "not set"}));
  };
  auto port = Cell(access.port);
  if (!access.port) port = std::move(port).as("22 (SSH)");
  context.out().show({{{"id", words::id, access.id.value()},
                       {"name", words::name, access.name},
                       {"address", words::address, access.address},
                       {"port", words::port, port},
                       {"login", login_word, access.login_id},
                       {"password", password_word, set_or_not(access.login_secret_set)},
                       {"key", key_word, set_or_not(access.login_key_set)},
                       {"exec", exec_word, access.exec_id},
                       {"exec_password", exec_password_word, set_or_not(access.exec_secret_set)},
                       {"host_key", host_key_word, access.host_key},
                       revision},
                      {}});
}

void remove(Context& context, const Remove& a) {
  remove_after_question(
      context, {revised, words::access, a.name}, a.if_revision,
      context.say(words::remove_question, context.say(words::access), a.name),
      [&](store::Tx& tx) { return access_named(context, tx, a.name).id.value(); },
      [](store::Tx& tx, std::int64_t id) { store::accesses::remove(tx, AccessId(id)); });
}

}  // namespace

void add_access_commands(Commands& commands) {
  commands.noun("access", {"アクセス情報: ノードへのログイン方法", "Accesses: how to log in to nodes"});
  commands.verb<Add>(
      "access", "add", {"アクセス情報を追加する", "Add an access; its secrets are sealed here"},
      "certfleet access add web1 --address 192.0.2.10 --login deploy --key-file ~/.ssh/id_ed25519"
      " --exec root --host-key SHA256:…",
      declare_add, add);
  commands.verb<NoArguments>("access", "list", {"一覧", "List the accesses"}, "certfleet access list",
                             nullptr, list);
  commands.verb<Named>("access", "show", {"詳細を表示する", "Show an access, without its secrets"},
                       "certfleet access show web1", declare_named, show);
  commands.verb<Set>("access", "set", {"変更する", "Change an access or replace its secrets"},
                     "certfleet access set web1 --password", declare_set, set);
  add_host_key_command(commands);
  commands.verb<Remove>("access", "remove", {"削除する", "Remove an access that no node uses"},
                        "certfleet access remove web1", declare_remove, remove);
}

}  // namespace certfleet::cli
