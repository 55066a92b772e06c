// certfleet access … (manual 9.1.6)
#include "admin-cli/commands.h"
#include "admin-cli/lookup.h"
#include "admin-cli/nouns.h"
#include "admin-cli/secrets.h"
#include "admin-cli/words.h"
#include "lib/domain/checks.h"
#include "lib/store/accesses.h"

namespace certfleet::cli {
namespace {

constexpr Text login_word{"ログインID", "login id"};
constexpr Text exec_word{"実行ID", "execution id"};
constexpr Text host_key_word{"ホスト鍵", "host key"};

struct Named {
  std::string name;
};
struct Add {
  std::string name;
  std::string address;
  std::optional<int> port;
  std::string login;
  SecretSource password;
  std::string key_file;
  std::optional<std::string> exec;
  SecretSource exec_password;
  bool ask_exec_password = false;
  std::optional<std::string> host_key;
  bool without_host_key = false;
};

void declare_named(Verb& verb, Named& a) {
  verb.argument(a.name, "NAME", {"アクセス名称", "Name of the access"});
}

void declare_add(Verb& verb, Add& a) {
  verb.argument(a.name, "NAME", {"アクセス名称", "Name"})
      .option(a.address, "--address", "HOST", {"IP アドレスまたはホスト名", "IP address or host name"})
      .needed()
      .option(a.port, "--port", "PORT", 1, 65535,
              {"ポート番号。省略時はプロトコルの標準", "Port; else the protocol's own"})
      .option(a.login, "--login", "ID", {"ログインID", "Login id"})
      .needed()
      .option(a.key_file, "--key-file", "FILE", {"ログイン用の SSH 秘密鍵", "SSH private key to log in with"})
      .flag(a.password.input, "--password-stdin",
            {"パスワードを標準入力から読む", "Read the password from standard input"})
      .not_with("--key-file")
      .option(a.password.file, "--password-file", "FILE",
              {"パスワードをファイルから読む", "Read the password from a file"})
      .not_with("--key-file")
      .not_with("--password-stdin")
      .option(a.exec, "--exec", "ID", {"コマンドを実行する ID (sudo)", "Who runs the commands, by sudo"})
      .flag(a.ask_exec_password, "--exec-password", {"sudo のパスワードを尋ねる", "Ask for sudo's password"})
      .flag(a.exec_password.input, "--exec-password-stdin",
            {"sudo のパスワードを標準入力の次の行から読む",
             "Read sudo's password from the next line of standard input"})
      .not_with("--exec-password")
      .option(a.exec_password.file, "--exec-password-file", "FILE",
              {"sudo のパスワードをファイルから読む", "Read sudo's password from a file"})
      .not_with("--exec-password")
      .not_with("--exec-password-stdin")
      .option(a.host_key, "--host-key", "SHA256:…",
              {"SSH ホスト鍵の指紋 (ssh-keygen -lf)", "Fingerprint of the SSH host key (ssh-keygen -lf)"})
      .flag(a.without_host_key, "--without-host-key",
            {"SSH を使わないアクセス", "An access that is not for SSH"})
      .not_with("--host-key");
}

// What the command line gave, read before anything is opened: a missing file leaves no half-done work.
struct Secrets {
  pki::Secret login;
  pki::Secret key;
  pki::Secret exec;
};

Secrets read_secrets(const Context& context, const Add& a) {
  Secrets secrets;
  if (!a.key_file.empty()) {
    secrets.key = secret_from_file(a.key_file);
    check_ssh_key(secrets.key, a.key_file);
  } else {
    secrets.login =
        take_secret(context, a.password, context.say({"{} のパスワード", "Password of {}"}, a.login),
                    "--password-stdin, --password-file, --key-file");
  }
  bool exec = a.ask_exec_password || a.exec_password.input || !a.exec_password.file.empty();
  if (exec && !a.exec)
    context.fail(Fault::usage,
                 {"実行 ID のパスワードには --exec が必要です", "a password for sudo needs --exec"});
  if (exec)
    secrets.exec =
        take_secret(context, a.exec_password, context.say({"sudo のパスワード", "Password for sudo"}),
                    "--exec-password-stdin, --exec-password-file");
  return secrets;
}

void add(Context& context, const Add& a) {
  if (!a.host_key && !a.without_host_key)
    context.fail(Fault::usage,
                 {"--host-key が必要です: ssh-keyscan {0} | ssh-keygen -lf - で確認できます",
                  "--host-key is needed: ssh-keyscan {0} | ssh-keygen -lf - shows it"},
                 a.address);
  domain::Access access;
  access.name = a.name;
  access.address = a.address;
  access.port = a.port;
  access.login_id = a.login;
  access.exec_id = a.exec;
  access.host_key = a.host_key;
  access = domain::checked(access);
  auto secrets = read_secrets(context, a);
  context.database().write([&](store::Tx& tx) {
    if (!secrets.login.empty()) access.login_secret = seal(tx, domain::purpose::access_login, secrets.login);
    if (!secrets.key.empty()) access.login_key = seal(tx, domain::purpose::access_login_key, secrets.key);
    if (!secrets.exec.empty()) access.exec_secret = seal(tx, domain::purpose::access_exec, secrets.exec);
    access.id = store::accesses::add(tx, access);
  });
  context.out().done(context.say(words::added, context.say(words::access), a.name),
                     id_and_name(access.id.value(), a.name));
}

void list(Context& context, const NoArguments&) {
  Table table{{{"name", words::name},
               {"address", words::address},
               {"port", words::port},
               {"login", login_word},
               {"exec", exec_word}},
              {},
              {}};
  for (const auto& access :
       context.database().reading([](store::Tx& tx) { return store::accesses::list(tx); }))
    table.add({access.name, access.address, access.port, access.login_id, access.exec_id});
  context.out().show(table);
}

void show(Context& context, const Named& a) {
  auto access = context.database().reading([&](store::Tx& tx) { return access_named(context, tx, a.name); });
  context.out().show({{{"id", words::id, access.id.value()},
                       {"name", words::name, access.name},
                       {"address", words::address, access.address},
                       {"port", words::port, access.port},
                       {"login", login_word, access.login_id},
                       {"exec", exec_word, access.exec_id},
                       {"host_key", host_key_word, access.host_key}},
                      {}});
}

void remove(Context& context, const Named& a) {
  auto access = context.database().reading([&](store::Tx& tx) { return access_named(context, tx, a.name); });
  if (!context.confirmed(context.say(words::remove_question, context.say(words::access), a.name))) return;
  context.database().write([&](store::Tx& tx) { store::accesses::remove(tx, access.id); });
  context.out().done(context.say(words::removed, context.say(words::access), a.name),
                     id_and_name(access.id.value(), a.name));
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
  commands.verb<Named>("access", "remove", {"削除する", "Remove an access that no node uses"},
                       "certfleet access remove web1", declare_named, remove);
}

}  // namespace certfleet::cli
