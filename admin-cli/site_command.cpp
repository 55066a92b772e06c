// certfleet site … (manual 2, 9.1.2)
#include "admin-cli/commands.h"
#include "admin-cli/lookup.h"
#include "admin-cli/nouns.h"
#include "admin-cli/revision.h"
#include "admin-cli/words.h"
#include "lib/domain/checks.h"
#include "lib/store/sites.h"

namespace certfleet::cli {
namespace {

constexpr auto table = store::revisions::Table::site;
constexpr Text nodes_word{"ノード数", "nodes"};

struct Named {
  std::string name;
};
struct Remove {
  std::string name;
  std::optional<int> if_revision;
};
struct Set {
  std::string name;
  std::string rename;
  std::optional<int> if_revision;
};

void declare(Verb& verb, Named& a) {
  verb.argument(a.name, "NAME", {"拠点名称", "Name of the site"});
}

void add(Context& context, const Named& a) {
  domain::check_name(a.name, {"拠点", "site"});
  auto id = context.database().writing([&](store::Tx& tx) { return store::sites::add(tx, {{}, a.name}); });
  context.out().done(context.say(words::added, context.say(words::site), a.name),
                     id_and_name(id.value(), a.name));
}

void list(Context& context, const NoArguments&) {
  Table sites{{{"name", words::name}, {"nodes", nodes_word}}, {}, {}};
  context.database().read([&](store::Tx& tx) {
    for (const auto& [site, nodes] : store::sites::list_with_nodes(tx)) sites.add({site.name, nodes});
  });
  context.out().show(sites);
}

void show(Context& context, const Named& a) {
  Record record;
  context.database().read([&](store::Tx& tx) {
    auto site = site_named(context, tx, a.name);
    record = id_and_name(site.id.value(), site.name);
    record.fields.push_back({"nodes", nodes_word, store::sites::nodes(tx, site.id)});
    record.fields.push_back(revision_field(tx, table, site.id.value()));
  });
  context.out().show(record);
}

void set(Context& context, const Set& a) {
  domain::check_name(a.rename, words::site);
  domain::Site site;
  context.database().write([&](store::Tx& tx) {
    site = site_named(context, tx, a.name);
    hold(context, tx, {table, words::site, a.name}, site.id.value(), a.if_revision);
    site.name = a.rename;
    store::sites::update(tx, site);
  });
  context.out().done(context.say(words::changed, context.say(words::site), site.name),
                     id_and_name(site.id.value(), site.name));
  context.out().line(
      context.say({"ワーカーの設定 worker.site = \"{}\" があれば、次の起動までに書き換えてください",
                   "workers with worker.site = \"{}\" need the new name before their next start"},
                  a.name));
}

// Of a site without nodes, which may be removed.
std::int64_t unused(const Context& context, store::Tx& tx, const std::string& name) {
  auto site = site_named(context, tx, name);
  if (auto nodes = store::sites::nodes(tx, site.id); nodes > 0)
    context.fail(Fault::conflict,
                 {"拠点 {0} にはノードが {1} 台あります。先に移してください (certfleet node list --site {0})",
                  "site {0} is still in use by {1} nodes: move them first (certfleet node list --site {0})"},
                 name, nodes);
  return site.id.value();
}

void remove(Context& context, const Remove& a) {
  remove_after_question(
      context, {table, words::site, a.name}, a.if_revision,
      context.say(words::remove_question, context.say(words::site), a.name),
      [&](store::Tx& tx) { return unused(context, tx, a.name); },
      [](store::Tx& tx, std::int64_t id) { store::sites::remove(tx, SiteId(id)); });
}

}  // namespace

void add_site_commands(Commands& commands) {
  commands.noun("site", {"拠点: ノードがある場所", "Sites: where nodes stand"});
  commands.verb<Named>("site", "add", {"拠点を追加する", "Add a site"}, "certfleet site add tokyo", declare,
                       add);
  commands.verb<NoArguments>("site", "list", {"拠点の一覧", "List the sites"}, "certfleet site list", nullptr,
                             list);
  commands.verb<Named>("site", "show", {"拠点を表示する", "Show a site"}, "certfleet site show tokyo",
                       declare, show);
  commands.verb<Set>(
      "site", "set", {"拠点の名称を変更する", "Rename a site"}, "certfleet site set tokyo --rename tokyo-1",
      [](Verb& verb, Set& a) {
        verb.argument(a.name, "NAME", {"拠点名称", "Name of the site"})
            .option(a.rename, "--rename", "NAME", {"新しい名称", "New name"})
            .needed();
        declare_if_revision(verb, a.if_revision);
      },
      set);
  commands.verb<Remove>(
      "site", "remove", {"拠点を削除する", "Remove a site without nodes"}, "certfleet site remove tokyo",
      [](Verb& verb, Remove& a) {
        verb.argument(a.name, "NAME", {"拠点名称", "Name of the site"});
        declare_if_revision(verb, a.if_revision);
      },
      remove);
}

}  // namespace certfleet::cli
