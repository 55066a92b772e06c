#include "admin-cli/access_fields.h"

namespace certfleet::cli {

void declare_access_fields(Verb& verb, AccessFields& f) {
  verb.option(f.address, "--address", "HOST",
              {"IPv4 / IPv6 アドレスまたはホスト名", "IPv4 or IPv6 address, or host name"})
      .option(f.port, "--port", "PORT", 1, 65535,
              {"SSH のポート番号 (22)。bigip (443) と iis (5985) では無視される",
               "Port of SSH (22); ignored for bigip (443) and iis (5985)"})
      .option(f.login, "--login", "ID", {"ログインID", "Login id"})
      .flag(f.ask_password, "--password", {"パスワードを尋ねる", "Ask for the password"})
      .flag(f.password.input, "--password-stdin",
            {"パスワードを標準入力から読む", "Read the password from standard input"})
      .not_with("--password")
      .option(f.password.file, "--password-file", "FILE",
              {"パスワードをファイルから読む", "Read the password from a file"})
      .not_with("--password")
      .not_with("--password-stdin")
      .option(f.key_file, "--key-file", "FILE",
              {"ログイン用の SSH 秘密鍵。パスワードと併用できる", "SSH private key to log in with, beside a password or alone"})
      .option(f.exec, "--exec", "ID", {"実行ID: コマンドを実行する ID (sudo)", "Who runs the commands, by sudo"})
      .flag(f.ask_exec_password, "--exec-password", {"sudo のパスワードを尋ねる", "Ask for sudo's password"})
      .flag(f.exec_password.input, "--exec-password-stdin",
            {"sudo のパスワードを標準入力の次の行から読む",
             "Read sudo's password from the next line of standard input"})
      .not_with("--exec-password")
      .option(f.exec_password.file, "--exec-password-file", "FILE",
              {"sudo のパスワードをファイルから読む", "Read sudo's password from a file"})
      .not_with("--exec-password")
      .not_with("--exec-password-stdin")
      .option(f.host_key, "--host-key", "SHA256:…",
              {"SSH ホスト鍵の指紋 (ssh-keygen -lf)", "Fingerprint of the SSH host key (ssh-keygen -lf)"});
}

AccessSecrets read_access_secrets(const Context& context, const AccessFields& f) {
  AccessSecrets secrets;
  if (!f.key_file.empty()) {
    secrets.key = secret_from_file(f.key_file);
    check_secret(domain::purpose::access_login_key, secrets.key, f.key_file);
  }
  if (f.has_password())
    secrets.password = take_secret(
        context, f.password,
        f.login ? context.say({"{} のパスワード", "Password of {}"}, *f.login) : context.say({"パスワード", "Password"}),
        "--password-stdin, --password-file, --key-file");
  if (f.has_exec_password())
    secrets.exec_password =
        take_secret(context, f.exec_password, context.say({"sudo のパスワード", "Password for sudo"}),
                    "--exec-password-stdin, --exec-password-file");
  return secrets;
}

void take_access_fields(domain::Access& access, const AccessFields& f) {
  if (f.address) access.address = *f.address;
  if (f.port) access.port = f.port;
  if (f.login) access.login_id = *f.login;
  if (f.exec) access.exec_id = f.exec;
  if (f.host_key) access.host_key = f.host_key;
}

void seal_into(store::Tx& tx, domain::Access& access, const AccessSecrets& secrets) {
  namespace purpose = domain::purpose;
  if (!secrets.password.empty()) access.login_secret = seal(tx, purpose::access_login, secrets.password);
  if (!secrets.key.empty()) access.login_key = seal(tx, purpose::access_login_key, secrets.key);
  if (!secrets.exec_password.empty()) access.exec_secret = seal(tx, purpose::access_exec, secrets.exec_password);
}

}  // namespace certfleet::cli
