// certfleet node … (manual chapter 9). Applies are in apply_command.cpp.
#include "admin-cli/commands.h"
#include "admin-cli/lookup.h"
#include "admin-cli/node_views.h"
#include "admin-cli/nouns.h"
#include "admin-cli/words.h"
#include "lib/domain/checks.h"
#include "lib/store/accesses.h"
#include "lib/store/nodes.h"
#include "lib/store/sites.h"

namespace certfleet::cli {
namespace {

// What both add and set take; none: leave it.
struct Fields {
  std::optional<std::string> service, site, access, kind;
  std::optional<std::string> verify_url, verify_address, verify_name;
  std::optional<int> verify_port;
  bool no_verify = false;
  std::optional<std::string> cert_file, key_file, chain_file, work_dir, control;
};
struct Add {
  std::string name;
  Fields fields;
};
struct Set {
  std::string name;
  std::optional<std::string> rename;
  std::optional<bool> enabled;
  bool no_chain_file = false;
  Fields fields;
};
struct Named {
  std::string name;
};
struct List {
  std::optional<std::string> service;
};

void declare_verification(Verb& verb, Fields& f) {
  verb.option(f.verify_url, "--verify-url", "FQDN",
              {"この FQDN に接続して確認する", "Check by connecting to this name, which is the SNI too"})
      .option(f.verify_address, "--verify-address", "HOST",
              {"このアドレスに接続して確認する", "Check by connecting to this address"})
      .not_with("--verify-url")
      .option(f.verify_port, "--verify-port", "PORT", 1, 65535,
              {"確認するポート (443)", "Port to check (443)"})
      .option(f.verify_name, "--verify-name", "FQDN",
              {"SNI の FQDN。省略時は SNI なし", "SNI; none is sent without"})
      .not_with("--verify-url")
      .flag(f.no_verify, "--no-verify", {"確認しない", "Don't check"})
      .not_with("--verify-url")
      .not_with("--verify-address")
      .not_with("--verify-name")
      .not_with("--verify-port");
}

void declare_fields(Verb& verb, Fields& f) {
  verb.option(f.service, "--service", "NAME", {"サービス", "Service whose certificate it serves"})
      .option(f.site, "--site", "NAME", {"拠点", "Site where it stands"})
      .option(f.access, "--access", "NAME", {"アクセス情報", "How to log in"})
      .choice(f.kind, "--kind", {"apache"}, {"種別", "Kind"});
  declare_verification(verb, f);
  verb.option(f.cert_file, "--cert-file", "PATH", {"SSLCertificateFile", "SSLCertificateFile"})
      .option(f.key_file, "--key-file", "PATH", {"SSLCertificateKeyFile", "SSLCertificateKeyFile"})
      .option(
          f.chain_file, "--chain-file", "PATH",
          {"SSLCertificateChainFile (Apache 2.4.7 以前)", "SSLCertificateChainFile (Apache 2.4.7 and older)"})
      .option(f.work_dir, "--work-dir", "PATH", {"作業フォルダー", "Folder for our copies"})
      .option(f.control, "--control", "PROGRAM",
              {"制御コマンド (apachectl)", "Program that tests and reloads (apachectl)"});
}

void take_verification(const Context& context, domain::VerifyBy& verify, const Fields& f) {
  if (f.no_verify) verify = {};
  if (f.verify_url) verify = {domain::VerifyMode::url, *f.verify_url, verify.port, std::nullopt};
  if (f.verify_address) verify = {domain::VerifyMode::address, *f.verify_address, verify.port, verify.name};
  if ((f.verify_port || f.verify_name) && verify.mode == domain::VerifyMode::none)
    context.fail(Fault::usage, {"--verify-url か --verify-address が必要です",
                                "--verify-url or --verify-address is needed"});
  if (f.verify_name && verify.mode == domain::VerifyMode::url)
    context.fail(Fault::usage, {"URL による確認では SNI は URL の FQDN です",
                                "a check by URL asks for the URL's own name"});
  if (f.verify_port) verify.port = *f.verify_port;
  if (f.verify_name) verify.name = *f.verify_name;
}

void take_fields(const Context& context, store::Tx& tx, domain::Node& node, const Fields& f) {
  if (f.service) node.service = service_named(context, tx, *f.service).id;
  if (f.site) node.site = site_named(context, tx, *f.site).id;
  if (f.kind) node.kind = *f.kind;
  take_verification(context, node.verify, f);
  auto take = [](const std::optional<std::string>& given, std::string& into) {
    if (given) into = *given;
  };
  take(f.cert_file, node.apache.cert_file);
  take(f.key_file, node.apache.key_file);
  if (f.chain_file) node.apache.chain_file = *f.chain_file;
  take(f.work_dir, node.apache.work_dir);
  take(f.control, node.apache.control);
  auto access = f.access ? access_named(context, tx, *f.access) : store::accesses::get(tx, node.access);
  node.access = access.id;
  // SSH without a known host key would talk to anybody.
  if (node.kind == "apache" && !access.host_key)
    context.fail(Fault::usage,
                 {"アクセス {} にはホスト鍵がありません", "access {} has no host key, which SSH needs"},
                 access.name);
}

// Each is needed to add a node; which one is missing is said before anything is opened.
void require_fields(const Context& context, const Fields& f) {
  const std::pair<const char*, bool> needed[] = {
      {"--service", f.service.has_value()},
      {"--access", f.access.has_value()},
      {"--cert-file", f.cert_file.has_value()},
      {"--key-file", f.key_file.has_value()},
      {"--work-dir", f.work_dir.has_value()},
      {"--verify-url, --verify-address, --no-verify", f.verify_url || f.verify_address || f.no_verify}};
  for (auto [option, given] : needed)
    if (!given)
      context.fail(Fault::usage,
                   {"{} が必要です (certfleet node add --help)", "{} is needed (certfleet node add --help)"},
                   option);
}

void add(Context& context, const Add& a) {
  require_fields(context, a.fields);
  domain::Node node;
  node.name = a.name;
  context.database().write([&](store::Tx& tx) {
    take_fields(context, tx, node, a.fields);
    if (!a.fields.site) node.site = site_or_only(context, tx, std::nullopt).id;
    node = domain::checked(node);
    node.id = store::nodes::add(tx, node);
  });
  context.out().done(context.say(words::added, context.say(words::node), a.name),
                     id_and_name(node.id.value(), a.name));
}

void set(Context& context, const Set& a) {
  domain::Node node;
  context.database().write([&](store::Tx& tx) {
    node = node_named(context, tx, a.name);
    if (a.rename) node.name = *a.rename;
    if (a.enabled) node.enabled = *a.enabled;
    if (a.no_chain_file) node.apache.chain_file.reset();
    take_fields(context, tx, node, a.fields);
    node = domain::checked(node);
    store::nodes::update(tx, node);
  });
  context.out().done(context.say(words::changed, context.say(words::node), node.name),
                     id_and_name(node.id.value(), node.name));
}

void list(Context& context, const List& a) {
  auto rows = context.database().reading([&](store::Tx& tx) {
    return store::overview::nodes(tx, a.service ? service_named(context, tx, *a.service).id : ServiceId());
  });
  context.out().show(nodes_table(rows, context.language(), true));
}

void remove(Context& context, const Named& a) {
  auto node = context.database().reading([&](store::Tx& tx) { return node_named(context, tx, a.name); });
  if (!context.confirmed(context.say(words::remove_question, context.say(words::node), a.name))) return;
  context.database().write([&](store::Tx& tx) { store::nodes::remove(tx, node.id); });
  context.out().done(context.say(words::removed, context.say(words::node), a.name),
                     id_and_name(node.id.value(), a.name));
}

void declare_named(Verb& verb, Named& a) {
  verb.argument(a.name, "NAME", {"ノード名称", "Name of the node"});
}

}  // namespace

void add_node_commands(Commands& commands) {
  commands.noun("node", {"ノード: 証明書を適用するサーバー", "Nodes: servers that serve a certificate"});
  commands.verb<Add>(
      "node", "add", {"ノードを追加する", "Add a node"},
      "certfleet node add web1 --service shop --access web1 --verify-address 192.0.2.10 --verify-name "
      "shop.example.com"
      " --cert-file /etc/ssl/shop.crt --key-file /etc/ssl/private/shop.key --work-dir /var/lib/certfleet",
      [](Verb& verb, Add& a) {
        verb.argument(a.name, "NAME", {"ノード名称", "Name"});
        declare_fields(verb, a.fields);
      },
      add);
  commands.verb<List>(
      "node", "list", {"ノードの一覧", "List the nodes"}, "certfleet node list --service shop",
      [](Verb& verb, List& a) {
        verb.option(a.service, "--service", "NAME", {"このサービスのもの", "Of this service"});
      },
      list);
  commands.verb<Named>("node", "show", {"詳細を表示する", "Show a node"}, "certfleet node show web1",
                       declare_named, [](Context& context, const Named& a) { show_node(context, a.name); });
  commands.verb<Set>(
      "node", "set", {"ノードを変更する", "Change a node"}, "certfleet node set web1 --enabled off",
      [](Verb& verb, Set& a) {
        verb.argument(a.name, "NAME", {"ノード名称", "Name"})
            .option(a.rename, "--rename", "NAME", {"新しい名称", "New name"})
            .choice(a.enabled, "--enabled", {"有効/無効", "Whether it is applied to and checked"});
        declare_fields(verb, a.fields);
        verb.flag(a.no_chain_file, "--no-chain-file",
                  {"中間証明書ファイルを使わない", "The chain goes into the certificate file"})
            .not_with("--chain-file");
      },
      set);
  commands.verb<Named>("node", "remove", {"ノードを削除する", "Remove a node"}, "certfleet node remove web1",
                       declare_named, remove);
}

}  // namespace certfleet::cli
