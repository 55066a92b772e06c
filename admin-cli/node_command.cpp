// certfleet node … (manual chapter 9). Applies are in apply_command.cpp.
#include "admin-cli/lookup.h"
#include "admin-cli/node_fields.h"
#include "admin-cli/node_views.h"
#include "admin-cli/nouns.h"
#include "admin-cli/revision.h"
#include "admin-cli/words.h"
#include "lib/domain/checks.h"
#include "lib/store/node_list.h"
#include "lib/store/nodes.h"

namespace certfleet::cli {
namespace {

namespace node_list = store::node_list;

constexpr auto table = store::revisions::Table::node;
constexpr int rows_default = 100;
constexpr int rows_max = 10'000;

struct Add {
  std::string name;
  NodeFields fields;
};
struct Set {
  std::string name;
  std::optional<std::string> rename;
  bool no_chain_file = false;
  NodeFields fields;
  std::optional<int> if_revision;
};
struct Named {
  std::string name;
};
struct Remove {
  std::string name;
  std::optional<int> if_revision;
};
struct List {
  std::optional<std::string> service, site, access, kind, name, sort, after;
  std::vector<std::string> apply_statuses;
  std::optional<bool> enabled, service_enabled;
  std::optional<int> limit;
  bool descending = false;
};

void add(Context& context, const Add& a) {
  require_node_fields(context, a.fields);
  domain::Node node;
  node.name = a.name;
  context.database().write([&](store::Tx& tx) {
    take_node_fields(context, tx, node, a.fields);
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
    auto id = node_named(context, tx, a.name).id;
    hold(context, tx, {table, words::node, a.name}, id.value(), a.if_revision);
    node = store::nodes::get(tx, id);
    if (a.rename) node.name = *a.rename;
    if (a.no_chain_file) node.apache.chain_file.reset();
    take_node_fields(context, tx, node, a.fields);
    node = domain::checked(node);
    store::nodes::update(tx, node);
  });
  context.out().done(context.say(words::changed, context.say(words::node), node.name),
                     id_and_name(node.id.value(), node.name));
}

node_list::Filter filter_of(const Context& context, store::Tx& tx, const List& a) {
  node_list::Filter filter;
  if (a.service) filter.service = service_named(context, tx, *a.service).id;
  if (a.site) filter.site = site_named(context, tx, *a.site).id;
  if (a.access) filter.access = access_named(context, tx, *a.access).id;
  filter.kind = a.kind;
  filter.enabled = a.enabled;
  filter.service_enabled = a.service_enabled;
  filter.apply_statuses = a.apply_statuses;
  filter.name_part = a.name.value_or("");
  return filter;
}

void list(Context& context, const List& a) {
  auto page = context.database().reading([&](store::Tx& tx) {
    node_list::Order order;
    if (a.sort) order.by = node_list::by_from(*a.sort).value_or(node_list::By::name);
    order.descending = a.descending;
    order.after = a.after.value_or("");
    return node_list::page(tx, filter_of(context, tx, a), order,
                           a.limit.value_or(context.options().json ? 0 : rows_default));
  });
  context.out().show(nodes_table(page.rows, context.language(), true));
  if (page.more > 0) context.out().goes_on(page.more, node_list::more_max, page.rows.back().name);
}

void remove(Context& context, const Remove& a) {
  remove_after_question(
      context, {table, words::node, a.name}, a.if_revision,
      context.say(words::remove_question, context.say(words::node), a.name),
      [&](store::Tx& tx) { return node_named(context, tx, a.name).id.value(); },
      [](store::Tx& tx, std::int64_t id) { store::nodes::remove(tx, NodeId(id)); });
}

void declare_named(Verb& verb, Named& a) {
  verb.argument(a.name, "NAME", {"ノード名称", "Name of the node"});
}

void declare_add(Verb& verb, Add& a) {
  verb.argument(a.name, "NAME", {"ノード名称", "Name"});
  declare_node_fields(verb, a.fields);
}

void declare_set(Verb& verb, Set& a) {
  verb.argument(a.name, "NAME", {"ノード名称", "Name of the node"})
      .option(a.rename, "--rename", "NAME", {"新しい名称", "New name"});
  declare_node_fields(verb, a.fields);
  verb.flag(a.no_chain_file, "--no-chain-file",
            {"中間証明書ファイルを使わない", "The chain goes into the certificate file"})
      .not_with("--chain-file");
  declare_if_revision(verb, a.if_revision);
}

void declare_remove(Verb& verb, Remove& a) {
  verb.argument(a.name, "NAME", {"ノード名称", "Name of the node"});
  declare_if_revision(verb, a.if_revision);
}

void declare_list(Verb& verb, List& a) {
  verb.option(a.service, "--service", "NAME", {"このサービスのもの", "Of this service"})
      .option(a.site, "--site", "NAME", {"この拠点のもの", "At this site"})
      .option(a.access, "--access", "NAME", {"このアクセス情報を使うもの", "With this access"})
      .choice(a.kind, "--kind", {"apache", "bigip", "iis"}, {"この種別のもの", "Of this kind"})
      .choice(a.enabled, "--enabled", {"有効/無効のもの", "Enabled ones, or disabled ones"})
      .choice(a.service_enabled, "--service-enabled",
              {"有効/無効なサービスのもの", "Of enabled services, or of disabled ones"})
      .choices(a.apply_statuses, "--apply-status",
               {"none", "scheduled", "started", "applied", "rolled_back", "failed"},
               {"この適用ステータスのもの", "With this apply status"})
      .option(a.name, "--match", "TEXT", {"名称にこれを含むもの", "With this in the name"})
      .choice(a.sort, "--sort", {"name", "id", "apply-status", "served-at"},
              {"並び順 (name)", "Order (name)"})
      .flag(a.descending, "--reverse", {"逆順", "The other way round"})
      .option(a.limit, "--limit", "N", 1, rows_max,
              {"件数 (100、--json ではすべて)。続きがあれば件数を表示 (--json では標準エラーに JSON で)",
               "How many (100; with --json all); how many more there are is told (with --json on standard error, as"
               " JSON)"})
      .option(a.after, "--after", "NAME",
              {"このノードの次から: 前のページの最後の名称",
               "From behind this node: the last one of the page before"});
}

}  // namespace

void add_node_commands(Commands& commands) {
  commands.noun("node", {"ノード: 証明書を適用するサーバー", "Nodes: servers that serve a certificate"});
  commands.verb<Add>(
      "node", "add", {"ノードを追加する", "Add a node"},
      "certfleet node add web1 --service shop --access web1 --verify-address 192.0.2.10 --verify-name "
      "shop.example.com"
      " --cert-file /etc/ssl/shop.crt --key-file /etc/ssl/private/shop.key --work-dir /var/lib/certfleet\n"
      "  certfleet node add lb1 --kind bigip --service shop --access lb1 --no-verify --ssl-profile "
      "shop-clientssl"
      " --import-name shop\n"
      "  certfleet node add win1 --kind iis --service shop --access win1 --verify-url shop.example.com"
      " --iis-site \"Default Web Site\" --binding shop.example.com:*:443 --windows-version 2019",
      declare_add, add);
  commands.verb<List>("node", "list", {"ノードの一覧", "List the nodes, page by page"},
                      "certfleet node list --service shop --apply-status failed", declare_list, list);
  commands.verb<Named>("node", "show", {"詳細を表示する", "Show a node with its applies"},
                       "certfleet node show web1", declare_named,
                       [](Context& context, const Named& a) { show_node(context, a.name); });
  commands.verb<Set>("node", "set", {"ノードを変更する", "Change a node"},
                     "certfleet node set web1 --enabled off", declare_set, set);
  commands.verb<Remove>("node", "remove", {"ノードを削除する", "Remove a node"}, "certfleet node remove web1",
                        declare_remove, remove);
}

}  // namespace certfleet::cli
