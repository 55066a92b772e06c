// certfleet organization … (manual 8.3)
#include "admin-cli/commands.h"
#include "admin-cli/lookup.h"
#include "admin-cli/nouns.h"
#include "admin-cli/revision.h"
#include "admin-cli/words.h"
#include "lib/store/organizations.h"

namespace certfleet::cli {
namespace {

constexpr auto table = store::revisions::Table::organization;
constexpr Text number_word{"組織番号", "number"};
constexpr Text note_word{"備考", "note"};

struct Named {
  std::string name;
};
struct Add {
  std::string name;
  std::string number;
  std::string note;
};
struct Set {
  std::string name;
  std::optional<std::string> rename, number, note;
  std::optional<int> if_revision;
};
struct Remove {
  std::string name;
  std::optional<int> if_revision;
};

void declare_named(Verb& verb, Named& a) {
  verb.argument(a.name, "NAME", {"組織名称", "Name of the organization"});
}

void add(Context& context, const Add& a) {
  auto organization = domain::checked(domain::Organization{{}, a.name, a.number, a.note});
  auto id = context.database().writing([&](store::Tx& tx) { return store::organizations::add(tx, organization); });
  context.out().done(context.say(words::added, context.say(words::organization), a.name),
                     id_and_name(id.value(), a.name));
}

void list(Context& context, const NoArguments&) {
  Table rows{{{"name", words::name}, {"number", number_word}, {"note", note_word}}, {}, {}};
  for (const auto& each :
       context.database().reading([](store::Tx& tx) { return store::organizations::list(tx); }))
    rows.add({each.name, each.number, each.note});
  context.out().show(rows);
}

void show(Context& context, const Named& a) {
  Record record;
  context.database().read([&](store::Tx& tx) {
    auto found = organization_named(context, tx, a.name);
    record.fields = {{"id", words::id, found.id.value()},
                     {"name", words::name, found.name},
                     {"number", number_word, found.number},
                     {"note", note_word, found.note},
                     revision_field(tx, table, found.id.value())};
  });
  context.out().show(record);
}

void set(Context& context, const Set& a) {
  domain::Organization changed;
  context.database().write([&](store::Tx& tx) {
    auto id = organization_named(context, tx, a.name).id;
    hold(context, tx, {table, words::organization, a.name}, id.value(), a.if_revision);
    changed = store::organizations::get(tx, id);
    if (a.rename) changed.name = *a.rename;
    if (a.number) changed.number = *a.number;
    if (a.note) changed.note = *a.note;
    changed = domain::checked(changed);
    store::organizations::update(tx, changed);
  });
  context.out().done(context.say(words::changed, context.say(words::organization), changed.name),
                     id_and_name(changed.id.value(), changed.name));
}

void remove(Context& context, const Remove& a) {
  remove_after_question(
      context, {table, words::organization, a.name}, a.if_revision,
      context.say(words::remove_question, context.say(words::organization), a.name),
      [&](store::Tx& tx) { return organization_named(context, tx, a.name).id.value(); },
      [](store::Tx& tx, std::int64_t id) { store::organizations::remove(tx, OrganizationId(id)); });
}

}  // namespace

void add_organization_commands(Commands& commands) {
  const char* noun = "organization";
  commands.noun(noun, {"組織: 認証局に登録された組織", "Organizations as they are registered at the CA"});
  commands.verb<Add>(
      noun, "add", {"組織を追加する", "Add an organization"},
      "certfleet organization add \"Example K.K.\" --number 123456",
      [](Verb& verb, Add& a) {
        verb.argument(a.name, "NAME", {"組織名称", "Name"})
            .option(a.number, "--number", "N", {"認証局での組織番号", "Its number at the CA"})
            .needed()
            .option(a.note, "--note", "TEXT", {"備考", "Free note"});
      },
      add);
  commands.verb<NoArguments>(noun, "list", {"一覧", "List the organizations"}, "certfleet organization list",
                             nullptr, list);
  commands.verb<Named>(noun, "show", {"詳細を表示する", "Show an organization"},
                       "certfleet organization show \"Example K.K.\"", declare_named, show);
  commands.verb<Set>(
      noun, "set", {"組織を変更する", "Change an organization"},
      "certfleet organization set \"Example K.K.\" --number 654321",
      [](Verb& verb, Set& a) {
        verb.argument(a.name, "NAME", {"組織名称", "Name of the organization"})
            .option(a.rename, "--rename", "NAME", {"新しい名称", "New name"})
            .option(a.number, "--number", "N", {"認証局での組織番号", "Its number at the CA"})
            .option(a.note, "--note", "TEXT", {"備考", "Free note"});
        declare_if_revision(verb, a.if_revision);
      },
      set);
  commands.verb<Remove>(
      noun, "remove", {"組織を削除する", "Remove an organization that no service refers to"},
      "certfleet organization remove \"Example K.K.\"",
      [](Verb& verb, Remove& a) {
        verb.argument(a.name, "NAME", {"組織名称", "Name of the organization"});
        declare_if_revision(verb, a.if_revision);
      },
      remove);
}

}  // namespace certfleet::cli
