// certfleet group … (manual 6.3)
#include "admin-cli/commands.h"
#include "admin-cli/lookup.h"
#include "admin-cli/nouns.h"
#include "admin-cli/revision.h"
#include "admin-cli/words.h"
#include "lib/domain/checks.h"
#include "lib/store/groups.h"
#include "lib/store/notifications.h"
#include "lib/store/services.h"
#include "lib/store/users.h"

namespace certfleet::cli {
namespace {

constexpr auto revised = store::revisions::Table::group;
constexpr Text members_word{"メンバー", "members"};

struct Set {
  std::string name;
  std::optional<std::string> rename;
  std::optional<std::string> notification;
  bool no_notification = false;
  std::vector<std::string> members, no_members;
  std::optional<int> if_revision;
};

struct Add {
  std::string name;
  std::optional<std::string> notification;
  std::vector<std::string> members;
};
struct Named {
  std::string name;
};
struct Remove {
  std::string name;
  std::optional<int> if_revision;
};

// Names of members, and the notification table's.
std::vector<std::string> members_of(store::Tx& tx, GroupId id) {
  std::vector<std::string> names;
  for (const auto& user : store::groups::members(tx, id)) names.push_back(user.name);
  return names;
}
Cell notification_cell(store::Tx& tx, const domain::Group& group) {
  if (!group.notification) return {};
  return store::notifications::get(tx, group.notification).name;
}

void list(Context& context, const NoArguments&) {
  Table table{
      {{"name", words::name}, {"notification", words::notification}, {"members", members_word}}, {}, {}};
  context.database().read([&](store::Tx& tx) {
    for (const auto& group : store::groups::list(tx))
      table.add({group.name, notification_cell(tx, group), members_of(tx, group.id)});
  });
  context.out().show(table);
}

void show(Context& context, const Named& a) {
  Record record;
  context.database().read([&](store::Tx& tx) {
    auto group = group_named(context, tx, a.name);
    std::vector<std::string> services;
    for (const auto& service : store::services::list(tx))
      if (service.group == group.id) services.push_back(service.name);
    record.fields = {{"id", words::id, group.id.value()},
                     {"name", words::name, group.name},
                     {"notification", words::notification, notification_cell(tx, group)},
                     {"members", members_word, members_of(tx, group.id)},
                     {"services", words::service, services},
                     revision_field(tx, revised, group.id.value())};
  });
  context.out().show(record);
}

void add(Context& context, const Add& a) {
  domain::Group group{{}, a.name, {}};
  domain::check_name(group.name, words::group);
  context.database().write([&](store::Tx& tx) {
    if (a.notification) group.notification = notification_named(context, tx, *a.notification).id;
    group.id = store::groups::add(tx, group);
    for (const auto& name : a.members)
      store::groups::add_member(tx, group.id, user_named(context, tx, name).id);
    // Who makes a group works with it, unless he says who else does.
    auto self = a.members.empty() ? store::users::who_am_i(tx) : std::nullopt;
    if (self) store::groups::add_member(tx, group.id, user_named(context, tx, self->name).id);
  });
  context.out().done(context.say(words::added, context.say(words::group), group.name),
                     id_and_name(group.id.value(), group.name));
}

void remove(Context& context, const Remove& a) {
  remove_after_question(
      context, {revised, words::group, a.name}, a.if_revision,
      context.say(words::remove_question, context.say(words::group), a.name),
      [&](store::Tx& tx) { return group_named(context, tx, a.name).id.value(); },
      [](store::Tx& tx, std::int64_t id) { store::groups::remove(tx, GroupId(id)); });
}

void set(Context& context, const Set& a) {
  domain::Group group;
  context.database().write([&](store::Tx& tx) {
    auto id = group_named(context, tx, a.name).id;
    hold(context, tx, {revised, words::group, a.name}, id.value(), a.if_revision);
    group = store::groups::get(tx, id);
    if (a.rename) group.name = *a.rename;
    domain::check_name(group.name, words::group);
    if (a.notification) group.notification = notification_named(context, tx, *a.notification).id;
    if (a.no_notification) group.notification = {};
    store::groups::update(tx, group);
    for (const auto& name : a.members)
      store::groups::add_member(tx, group.id, user_named(context, tx, name).id);
    for (const auto& name : a.no_members)
      store::groups::remove_member(tx, group.id, user_named(context, tx, name).id);
  });
  context.out().done(context.say(words::changed, context.say(words::group), group.name),
                     id_and_name(group.id.value(), group.name));
}

void declare_named(Verb& verb, Named& a) {
  verb.argument(a.name, "NAME", {"グループ名", "Name of the group"});
}

}  // namespace

void add_group_commands(Commands& commands) {
  commands.noun("group", {"ユーザーグループ", "User groups"});
  commands.verb<NoArguments>("group", "list", {"グループの一覧", "List the groups"}, "certfleet group list",
                             nullptr, list);
  commands.verb<Named>("group", "show", {"詳細を表示する", "Show a group"}, "certfleet group show web",
                       declare_named, show);
  commands.verb<Add>(
      "group", "add", {"グループを追加する", "Add a group"},
      "certfleet group add web --member a@example.com --notification standard",
      [](Verb& verb, Add& a) {
        verb.argument(a.name, "NAME", {"グループ名", "Name of the group"})
            .option(a.notification, "--notification", "NAME", {"通知設定テーブル", "Notification table"})
            .list(a.members, "--member", "MAIL",
                  {"所属させるユーザー (なければ自分)", "User to be in it (you, if none is given)"});
      },
      add);
  commands.verb<Remove>(
      "group", "remove", {"グループを削除する", "Remove a group without services"}, "certfleet group remove web",
      [](Verb& verb, Remove& a) {
        verb.argument(a.name, "NAME", {"グループ名", "Name of the group"});
        declare_if_revision(verb, a.if_revision);
      },
      remove);
  commands.verb<Set>(
      "group", "set", {"グループの設定を変更する", "Change a group"},
      "certfleet group set web --notification standard --member b@example.com",
      [](Verb& verb, Set& a) {
        verb.argument(a.name, "NAME", {"グループ名", "Name of the group"})
            .option(a.rename, "--rename", "NAME", {"新しい名称", "New name"})
            .option(a.notification, "--notification", "NAME", {"通知設定テーブル", "Notification table"})
            .flag(a.no_notification, "--no-notification", {"通知しない", "No mails"})
            .not_with("--notification")
            .list(a.members, "--member", "MAIL", {"所属させるユーザー", "User to be in it"})
            .list(a.no_members, "--no-member", "MAIL", {"外すユーザー", "User to be in it no more"});
        declare_if_revision(verb, a.if_revision);
      },
      set);
}

}  // namespace certfleet::cli
