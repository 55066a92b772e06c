// certfleet group … (manual 6.3)
#include "admin-cli/commands.h"
#include "admin-cli/lookup.h"
#include "admin-cli/nouns.h"
#include "admin-cli/words.h"
#include "lib/domain/checks.h"
#include "lib/store/groups.h"
#include "lib/store/notifications.h"

namespace certfleet::cli {
namespace {

struct Set {
  std::string name;
  std::optional<std::string> rename;
  std::optional<std::string> notification;
  bool no_notification = false;
};

void list(Context& context, const NoArguments&) {
  Table table{
      {{"name", words::name}, {"notification", words::notification}, {"members", {"メンバー", "members"}}},
      {},
      {}};
  context.database().read([&](store::Tx& tx) {
    for (const auto& group : store::groups::list(tx)) {
      std::vector<std::string> members;
      for (const auto& user : store::groups::members(tx, group.id)) members.push_back(user.name);
      Cell notification;
      if (group.notification) notification = store::notifications::get(tx, group.notification).name;
      table.add({group.name, notification, members});
    }
  });
  context.out().show(table);
}

void set(Context& context, const Set& a) {
  domain::Group group;
  context.database().write([&](store::Tx& tx) {
    group = group_named(context, tx, a.name);
    if (a.rename) group.name = *a.rename;
    domain::check_name(group.name, {"グループ", "group"});
    if (a.notification) group.notification = notification_named(context, tx, *a.notification).id;
    if (a.no_notification) group.notification = {};
    store::groups::update(tx, group);
  });
  context.out().done(context.say(words::changed, context.say(words::group), group.name),
                     id_and_name(group.id.value(), group.name));
}

}  // namespace

void add_group_commands(Commands& commands) {
  commands.noun("group", {"ユーザーグループ", "User groups"});
  commands.verb<NoArguments>("group", "list", {"グループの一覧", "List the groups"}, "certfleet group list",
                             nullptr, list);
  commands.verb<Set>(
      "group", "set", {"グループの設定を変更する", "Change a group"},
      "certfleet group set web --notification standard",
      [](Verb& verb, Set& a) {
        verb.argument(a.name, "NAME", {"グループ名", "Name of the group"})
            .option(a.rename, "--rename", "NAME", {"新しい名称", "New name"})
            .option(a.notification, "--notification", "NAME", {"通知設定テーブル", "Notification table"})
            .flag(a.no_notification, "--no-notification", {"通知しない", "No mails"})
            .not_with("--notification");
      },
      set);
}

}  // namespace certfleet::cli
