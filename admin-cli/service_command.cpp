// certfleet service add, set, remove (manual 7.2, 8.5). What it shows is in service_views.cpp.
#include "admin-cli/commands.h"
#include "admin-cli/lookup.h"
#include "admin-cli/nouns.h"
#include "admin-cli/service_views.h"
#include "admin-cli/words.h"
#include "lib/domain/checks.h"
#include "lib/store/services.h"

namespace certfleet::cli {
namespace {

// What both add and set take; none: leave it.
struct Fields {
  std::optional<std::string> common_name;
  std::optional<std::vector<std::string>> sans;
  std::optional<std::string> group;
  std::optional<std::string> ca_account;
  std::optional<bool> separate_chain;
  std::optional<std::string> algorithm, country, state, locality, organization, unit, email;
};
struct Add {
  std::string name;
  Fields fields;
};
struct Set {
  std::string name;
  std::optional<std::string> rename;
  std::optional<bool> enabled;
  bool no_sans = false;
  bool no_ca_account = false;
  bool no_key = false;
  Fields fields;
};
struct Named {
  std::string name;
};

void declare_key(Verb& verb, Fields& f) {
  verb.choice(f.algorithm, "--key", {"rsa-2048", "rsa-4096", "ecdsa-p256", "ecdsa-p384"},
              {"次の鍵の種類", "How the next key is made"})
      .option(f.country, "--country", "CC", {"国名", "Country, such as JP"})
      .option(f.state, "--state", "TEXT", {"都道府県", "State or prefecture"})
      .option(f.locality, "--locality", "TEXT", {"市区町村", "City"})
      .option(f.organization, "--organization", "TEXT", {"組織名", "Organisation"})
      .option(f.unit, "--unit", "TEXT", {"部門", "Unit"})
      .option(f.email, "--key-mail", "MAIL", {"証明書のメールアドレス", "Mail address in the subject"});
}

void declare_fields(Verb& verb, Fields& f) {
  verb.option(f.common_name, "--common-name", "NAME", {"コモンネーム", "Common name"})
      .list(f.sans, "--san", "NAME", {"追加の FQDN", "A further name"})
      .option(f.group, "--group", "NAME", {"グループ", "Group whose users see it"})
      .option(f.ca_account, "--ca-account", "NAME", {"申請先の認証局アカウント", "CA account for its orders"})
      .choice(f.separate_chain, "--separate-chain",
              {"証明書ファイルと中間証明書は別", "Certificate and intermediates come in files of their own"});
  declare_key(verb, f);
}

// The key spec exists from the first of its options on.
void take_key(domain::Service& service, const Fields& f) {
  auto take = [&](const std::optional<std::string>& given, std::string domain::KeySpec::*field) {
    if (!given) return;
    if (!service.key_spec) service.key_spec.emplace();
    (*service.key_spec).*field = *given;
  };
  take(f.algorithm, &domain::KeySpec::algorithm);
  take(f.country, &domain::KeySpec::country);
  take(f.state, &domain::KeySpec::state);
  take(f.locality, &domain::KeySpec::locality);
  take(f.organization, &domain::KeySpec::organization);
  take(f.unit, &domain::KeySpec::unit);
  take(f.email, &domain::KeySpec::email);
}

void take_fields(const Context& context, store::Tx& tx, domain::Service& service, const Fields& f) {
  if (f.common_name) service.common_name = *f.common_name;
  if (f.sans) service.sans = *f.sans;
  if (f.group) service.group = group_named(context, tx, *f.group).id;
  if (f.ca_account) service.ca_account = ca_account_named(context, tx, *f.ca_account).id;
  if (f.separate_chain) service.separate_chain = *f.separate_chain;
  take_key(service, f);
}

void add(Context& context, const Add& a) {
  if (!a.fields.common_name)
    context.fail(Fault::usage, {"--common-name が必要です", "--common-name is needed"});
  domain::Service service;
  service.name = a.name;
  service.common_name = *a.fields.common_name;
  service.sans = a.fields.sans.value_or(std::vector<std::string>());
  take_key(service, a.fields);
  domain::checked(service);  // before anything is opened
  context.database().write([&](store::Tx& tx) {
    take_fields(context, tx, service, a.fields);
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
    service = service_named(context, tx, a.name);
    if (a.rename) service.name = *a.rename;
    if (a.enabled) service.enabled = *a.enabled;
    if (a.no_sans) service.sans.clear();
    if (a.no_ca_account) service.ca_account = {};
    if (a.no_key) service.key_spec.reset();
    take_fields(context, tx, service, a.fields);
    service = domain::checked(service);
    store::services::update(tx, service);
  });
  context.out().done(context.say(words::changed, context.say(words::service), service.name),
                     id_and_name(service.id.value(), service.name));
}

void remove(Context& context, const Named& a) {
  auto service =
      context.database().reading([&](store::Tx& tx) { return service_named(context, tx, a.name); });
  auto question = context.say({"サービス {} を、その証明書・鍵・ノードとともに削除しますか?",
                               "Remove service {} with its certificates, keys and nodes?"},
                              a.name);
  if (!context.confirmed(question)) return;
  context.database().write([&](store::Tx& tx) { store::services::remove(tx, service.id); });
  context.out().done(context.say(words::removed, context.say(words::service), a.name),
                     id_and_name(service.id.value(), a.name));
}

void declare_named(Verb& verb, Named& a) {
  verb.argument(a.name, "NAME", {"サービス名称", "Name of the service"});
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
        declare_fields(verb, a.fields);
      },
      add);
  commands.verb<NoArguments>("service", "list", {"サービスの一覧", "List the services"},
                             "certfleet service list", nullptr,
                             [](Context& context, const NoArguments&) { list_services(context); });
  commands.verb<Named>("service", "show",
                       {"詳細を表示する", "Show a service with its certificates and nodes"},
                       "certfleet service show shop", declare_named,
                       [](Context& context, const Named& a) { show_service(context, a.name); });
  commands.verb<Set>(
      "service", "set", {"サービスを変更する", "Change a service"},
      "certfleet service set shop --key rsa-4096 --enabled off",
      [](Verb& verb, Set& a) {
        verb.argument(a.name, "NAME", {"サービス名称", "Name"})
            .option(a.rename, "--rename", "NAME", {"新しい名称", "New name"})
            .choice(a.enabled, "--enabled", {"有効/無効", "Whether it is looked after"});
        declare_fields(verb, a.fields);
        verb.flag(a.no_sans, "--no-san", {"追加の FQDN をなくす", "No further names"})
            .not_with("--san")
            .flag(a.no_ca_account, "--no-ca-account", {"自動申請をしない", "No automatic orders"})
            .not_with("--ca-account")
            .flag(a.no_key, "--no-key", {"公開鍵情報を消す", "Forget how keys are made"})
            .not_with("--key");
      },
      set);
  commands.verb<Named>("service", "remove", {"サービスを削除する", "Remove a service with all it holds"},
                       "certfleet service remove shop", declare_named, remove);
}

}  // namespace certfleet::cli
