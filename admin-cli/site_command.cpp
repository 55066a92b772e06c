// certfleet site …
#include "admin-cli/commands.h"
#include "admin-cli/lookup.h"
#include "admin-cli/nouns.h"
#include "admin-cli/words.h"
#include "lib/domain/checks.h"
#include "lib/store/sites.h"

namespace certfleet::cli {
namespace {

struct Named {
  std::string name;
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
  Table table{{{"name", words::name}}, {}, {}};
  for (const auto& site : context.database().reading([](store::Tx& tx) { return store::sites::list(tx); }))
    table.add({site.name});
  context.out().show(table);
}

void remove(Context& context, const Named& a) {
  auto site = context.database().reading([&](store::Tx& tx) { return site_named(context, tx, a.name); });
  if (!context.confirmed(context.say(words::remove_question, context.say(words::site), a.name))) return;
  context.database().write([&](store::Tx& tx) { store::sites::remove(tx, site.id); });
  context.out().done(context.say(words::removed, context.say(words::site), a.name),
                     id_and_name(site.id.value(), a.name));
}

}  // namespace

void add_site_commands(Commands& commands) {
  commands.noun("site", {"拠点: ノードがある場所", "Sites: where nodes stand"});
  commands.verb<Named>("site", "add", {"拠点を追加する", "Add a site"}, "certfleet site add tokyo", declare,
                       add);
  commands.verb<NoArguments>("site", "list", {"拠点の一覧", "List the sites"}, "certfleet site list", nullptr,
                             list);
  commands.verb<Named>("site", "remove", {"拠点を削除する", "Remove a site without nodes"},
                       "certfleet site remove tokyo", declare, remove);
}

}  // namespace certfleet::cli
