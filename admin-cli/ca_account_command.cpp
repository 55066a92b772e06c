// certfleet ca-account … (manual 8.1)
#include "admin-cli/commands.h"
#include "admin-cli/lookup.h"
#include "admin-cli/nouns.h"
#include "admin-cli/words.h"
#include "lib/domain/checks.h"
#include "lib/store/ca_accounts.h"

namespace certfleet::cli {
namespace {

struct Named {
  std::string name;
};
struct Add {
  std::string name;
  std::string directory;
  std::optional<std::string> contact;
  std::string ca_file;
};

void declare_named(Verb& verb, Named& a) {
  verb.argument(a.name, "NAME", {"認証局アカウントの名称", "Name of the CA account"});
}

void add(Context& context, const Add& a) {
  domain::CaAccount account;
  account.name = a.name;
  account.directory_url = a.directory;
  account.contact = a.contact;
  if (!a.ca_file.empty()) account.ca_pem = trusted_certificates(a.ca_file);
  account = domain::checked(account);
  account.id =
      context.database().writing([&](store::Tx& tx) { return store::ca_accounts::add(tx, account); });
  context.out().done(context.say(words::added, context.say(words::ca_account), a.name),
                     id_and_name(account.id.value(), a.name));
}

void list(Context& context, const NoArguments&) {
  Table table{{{"name", words::name},
               {"kind", words::kind},
               {"directory", {"ディレクトリ", "directory"}},
               {"contact", {"連絡先", "contact"}}},
              {},
              {}};
  for (const auto& account :
       context.database().reading([](store::Tx& tx) { return store::ca_accounts::list(tx); }))
    table.add({account.name, account.kind, account.directory_url, account.contact});
  context.out().show(table);
}

void show(Context& context, const Named& a) {
  auto account =
      context.database().reading([&](store::Tx& tx) { return ca_account_named(context, tx, a.name); });
  context.out().show({{{"id", words::id, account.id.value()},
                       {"name", words::name, account.name},
                       {"kind", words::kind, account.kind},
                       {"directory", {"ディレクトリ", "directory"}, account.directory_url},
                       {"contact", {"連絡先", "contact"}, account.contact},
                       {"own_trust", {"個別のCA証明書", "own CA certificates"}, account.ca_pem.has_value()},
                       {"account_url", {"アカウントURL", "account URL"}, account.account_url}},
                      {}});
}

void remove(Context& context, const Named& a) {
  auto account =
      context.database().reading([&](store::Tx& tx) { return ca_account_named(context, tx, a.name); });
  if (!context.confirmed(context.say(words::remove_question, context.say(words::ca_account), a.name))) return;
  context.database().write([&](store::Tx& tx) { store::ca_accounts::remove(tx, account.id); });
  context.out().done(context.say(words::removed, context.say(words::ca_account), a.name),
                     id_and_name(account.id.value(), a.name));
}

}  // namespace

void add_ca_account_commands(Commands& commands) {
  const char* noun = "ca-account";
  commands.noun(noun, {"認証局アカウント", "CA accounts: where certificates are ordered"});
  commands.verb<Add>(
      noun, "add", {"認証局アカウントを追加する", "Add a CA account (ACME)"},
      "certfleet ca-account add letsencrypt --directory https://acme-v02.api.letsencrypt.org/directory"
      " --contact admin@example.com",
      [](Verb& verb, Add& a) {
        verb.argument(a.name, "NAME", {"名称", "Name"})
            .option(a.directory, "--directory", "URL", {"ACME ディレクトリ", "ACME directory"})
            .needed()
            .option(a.contact, "--contact", "MAIL", {"認証局に伝える連絡先", "Contact told to the CA"})
            .option(
                a.ca_file, "--ca-file", "FILE",
                {"認証局の API を信頼する CA 証明書 (PEM)", "Certificates to trust for the CA's API (PEM)"});
      },
      add);
  commands.verb<NoArguments>(noun, "list", {"一覧", "List the CA accounts"}, "certfleet ca-account list",
                             nullptr, list);
  commands.verb<Named>(noun, "show", {"詳細を表示する", "Show a CA account"},
                       "certfleet ca-account show letsencrypt", declare_named, show);
  commands.verb<Named>(noun, "remove", {"削除する", "Remove a CA account"},
                       "certfleet ca-account remove letsencrypt", declare_named, remove);
}

}  // namespace certfleet::cli
