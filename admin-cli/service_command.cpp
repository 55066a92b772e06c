// certfleet service … (manual 7.1, 7.2, 8.4, 8.5). What it takes is in service_fields.cpp, what it shows in
// service_views.cpp and service_list.cpp.
#include "admin-cli/commands.h"
#include "admin-cli/lookup.h"
#include "admin-cli/nouns.h"
#include "admin-cli/revision.h"
#include "admin-cli/service_fields.h"
#include "admin-cli/service_list.h"
#include "admin-cli/service_views.h"
#include "admin-cli/words.h"
#include "lib/domain/checks.h"
#include "lib/store/services.h"

namespace certfleet::cli {
namespace {

constexpr auto table = store::revisions::Table::service;

struct Add {
  std::string name;
  ServiceFields fields;
};
struct Set {
  std::string name;
  std::optional<std::string> rename;
  std::optional<int> if_revision;
  ServiceFields fields;
  ServiceRemovals removals;
};
struct Named {
  std::string name;
};
struct Remove {
  std::string name;
  std::optional<int> if_revision;
};

void add(Context& context, const Add& a) {
  if (!a.fields.common_name)
    context.fail(Fault::usage, {"--common-name が必要です", "--common-name is needed"});
  domain::Service service;
  service.name = a.name;
  take_own_fields(context, service, a.fields);
  domain::checked(service.key_spec.value_or(domain::KeySpec()));  // before anything is opened
  context.database().write([&](store::Tx& tx) {
    take_service_fields(context, tx, service, a.fields);
    if (!a.fields.group) service.group = group_or_only(context, tx, std::nullopt).id;
    service = domain::checked(service);
    service.id = store::services::add(tx, service);
  });
  context.out().done(context.say(words::added, context.say(words::service), a.name),
                     id_and_name(service.id.value(), a.name));
}

void set(Context& context, const Set& a) {
  domain::Service service;
  context.database().write([&](store::Tx& tx) {
    auto id = service_named(context, tx, a.name).id;
    hold(context, tx, {table, words::service, a.name}, id.value(), a.if_revision);
    service = store::services::get(tx, id);
    if (a.rename) service.name = *a.rename;
    take_service_removals(service, a.removals);
    take_service_fields(context, tx, service, a.fields);
    service = domain::checked(service);
    store::services::update(tx, service);
  });
  context.out().done(context.say(words::changed, context.say(words::service), service.name),
                     id_and_name(service.id.value(), service.name));
}

void remove(Context& context, const Remove& a) {
  remove_after_question(
      context, {table, words::service, a.name}, a.if_revision,
      context.say({"サービス {} を、その証明書・鍵・ノードとともに削除しますか?",
                   "Remove service {} with its certificates, keys and nodes?"},
                  a.name),
      [&](store::Tx& tx) { return service_named(context, tx, a.name).id.value(); },
      [](store::Tx& tx, std::int64_t id) { store::services::remove(tx, ServiceId(id)); });
}

void declare_set(Verb& verb, Set& a) {
  verb.argument(a.name, "NAME", {"サービス名称", "Name of the service"})
      .option(a.rename, "--rename", "NAME", {"新しい名称", "New name"});
  declare_service_fields(verb, a.fields);
  declare_service_removals(verb, a.removals);
  declare_if_revision(verb, a.if_revision);
}

}  // namespace

void add_service_commands(Commands& commands) {
  commands.noun("service", {"サービス: 証明書の系列", "Services: one certificate line each"});
  commands.verb<Add>(
      "service", "add", {"サービスを追加する", "Add a service"},
      "certfleet service add shop --common-name shop.example.com --san www.example.com --ca-account "
      "letsencrypt"
      " --key ecdsa-p256 --country JP --organization \"Example K.K.\"",
      [](Verb& verb, Add& a) {
        verb.argument(a.name, "NAME", {"サービス名称", "Name"});
        declare_service_fields(verb, a.fields);
      },
      add);
  commands.verb<ListServices>("service", "list", {"サービスの一覧", "List the services"},
                              "certfleet service list --state expiring --sort expiry --limit 20",
                              declare_service_list, list_services);
  commands.verb<Named>(
      "service", "show", {"詳細を表示する", "Show a service with its certificates and nodes"},
      "certfleet service show shop",
      [](Verb& verb, Named& a) { verb.argument(a.name, "NAME", {"サービス名称", "Name of the service"}); },
      [](Context& context, const Named& a) { show_service(context, a.name); });
  commands.verb<Set>("service", "set", {"サービスを変更する", "Change a service"},
                     "certfleet service set shop --product true-businessid --ca-organization \"Example K.K.\""
                     " --ca-account digicert",
                     declare_set, set);
  commands.verb<Remove>(
      "service", "remove", {"サービスを削除する", "Remove a service with all it holds"},
      "certfleet service remove shop",
      [](Verb& verb, Remove& a) {
        verb.argument(a.name, "NAME", {"サービス名称", "Name of the service"});
        declare_if_revision(verb, a.if_revision);
      },
      remove);
}

}  // namespace certfleet::cli
