// certfleet ca-account … (manual 8.1)
#include "admin-cli/commands.h"
#include "admin-cli/lookup.h"
#include "admin-cli/nouns.h"
#include "admin-cli/revision.h"
#include "admin-cli/secrets.h"
#include "admin-cli/words.h"
#include "lib/domain/checks.h"
#include "lib/store/ca_accounts.h"

namespace certfleet::cli {
namespace {

constexpr auto table = store::revisions::Table::ca_account;
constexpr Text directory_word{"ディレクトリ", "directory"};
constexpr Text api_url_word{"API URL", "API URL"};
constexpr Text contact_word{"連絡先", "contact"};
constexpr Text api_key_word{"APIキー", "API key"};

// What both add and set take; none: leave it.
struct Fields {
  std::optional<std::string> directory, contact, api_url;
  std::string ca_file;
  SecretSource api_key;

  bool gives_key() const { return api_key.input || !api_key.file.empty(); }
};
struct Add {
  std::string name;
  std::optional<std::string> kind;
  Fields fields;
};
struct Set {
  std::string name;
  std::optional<std::string> rename;
  bool no_contact = false;
  bool no_ca_file = false;
  bool ask_api_key = false;
  std::optional<int> if_revision;
  Fields fields;
};
struct Named {
  std::string name;
};
struct Remove {
  std::string name;
  std::optional<int> if_revision;
};

void declare_named(Verb& verb, Named& a) {
  verb.argument(a.name, "NAME", {"認証局アカウントの名称", "Name of the CA account"});
}

void declare_fields(Verb& verb, Fields& f) {
  verb.option(f.directory, "--directory", "URL", {"ACME ディレクトリ", "ACME directory"})
      .option(f.contact, "--contact", "MAIL",
              {"認証局に伝える連絡先 (ACME)", "Contact told to the CA (ACME)"})
      .option(f.api_url, "--api-url", "URL",
              {"CertCentral の API (省略時は標準)", "CertCentral's API, if it is not the usual one"})
      .flag(f.api_key.input, "--api-key-stdin",
            {"API キーを標準入力から読む (DigiCert)", "Read the API key from standard input (DigiCert)"})
      .option(f.api_key.file, "--api-key-file", "FILE",
              {"API キーをファイルから読む (DigiCert)", "Read the API key from a file (DigiCert)"})
      .not_with("--api-key-stdin")
      .option(f.ca_file, "--ca-file", "FILE",
              {"認証局の API を信頼する CA 証明書 (PEM)", "Certificates to trust for the CA's API (PEM)"});
}

void take_fields(domain::CaAccount& account, const Fields& f) {
  if (f.directory) account.directory_url = *f.directory;
  if (f.contact) account.contact = f.contact;
  if (f.api_url) account.api_url = *f.api_url;
  if (!f.ca_file.empty()) account.ca_pem = trusted_certificates(f.ca_file);
}

// Options of the other kind are a mistake, not something to leave out.
void check_fields(const Context& context, const std::string& kind, const Fields& f, bool key) {
  bool acme = kind == "acme";
  const std::pair<const char*, bool> strange[] = {{"--directory", !acme && f.directory},
                                                  {"--contact", !acme && f.contact},
                                                  {"--api-url", acme && f.api_url},
                                                  {"--api-key", acme && key}};
  for (auto [option, given] : strange)
    if (given)
      context.fail(Fault::usage,
                   {"{} は種別 {} の認証局アカウントでは使えません", "{} is not for a CA account of kind {}"},
                   option, kind);
}

pki::Secret read_key(const Context& context, const Fields& f) {
  auto key = take_secret(context, f.api_key, context.say(api_key_word), "--api-key-stdin, --api-key-file");
  check_secret(domain::purpose::ca_account_api_key, key, f.api_key.file);
  return key;
}

void add(Context& context, const Add& a) {
  domain::CaAccount account;
  account.name = a.name;
  account.kind = a.kind.value_or("acme");
  check_fields(context, account.kind, a.fields, a.fields.gives_key());
  if (account.kind == "acme" && !a.fields.directory)
    context.fail(Fault::usage, {"--directory が必要です", "--directory is needed"});
  if (account.kind == "digicert") account.api_url = domain::certcentral_url;
  take_fields(account, a.fields);
  account = domain::checked(account);
  pki::Secret key;
  if (account.kind == "digicert") key = read_key(context, a.fields);
  context.database().write([&](store::Tx& tx) {
    if (!key.empty()) account.api_key = seal(tx, domain::purpose::ca_account_api_key, key);
    account.id = store::ca_accounts::add(tx, account);
  });
  context.out().done(context.say(words::added, context.say(words::ca_account), a.name),
                     id_and_name(account.id.value(), a.name));
}

void set(Context& context, const Set& a) {
  pki::Secret key;
  bool wants_key = a.ask_api_key || a.fields.gives_key();
  if (wants_key) key = read_key(context, a.fields);
  domain::CaAccount account;
  context.database().write([&](store::Tx& tx) {
    auto id = ca_account_named(context, tx, a.name).id;
    hold(context, tx, {table, words::ca_account, a.name}, id.value(), a.if_revision);
    account = store::ca_accounts::get(tx, id);
    check_fields(context, account.kind, a.fields, wants_key);
    if (a.rename) account.name = *a.rename;
    if (a.no_contact) account.contact.reset();
    if (a.no_ca_file) account.ca_pem.reset();
    take_fields(account, a.fields);
    account = domain::checked(account);
    if (wants_key) account.api_key = seal(tx, domain::purpose::ca_account_api_key, key);
    store::ca_accounts::update(tx, account);
  });
  context.out().done(context.say(words::changed, context.say(words::ca_account), account.name),
                     id_and_name(account.id.value(), account.name));
}

void list(Context& context, const NoArguments&) {
  Table rows{{{"name", words::name},
              {"kind", words::kind},
              {"directory", directory_word},
              {"api_url", api_url_word},
              {"contact", contact_word}},
             {},
             {}};
  auto address = [](const std::string& url) { return url.empty() ? Cell() : Cell(url); };
  for (const auto& account :
       context.database().reading([](store::Tx& tx) { return store::ca_accounts::list(tx); }))
    rows.add({account.name, account.kind, address(account.directory_url), address(account.api_url),
              account.contact});
  context.out().show(rows);
}

void show(Context& context, const Named& a) {
  Record record;
  context.database().read([&](store::Tx& tx) {
    auto account = ca_account_named(context, tx, a.name);
    record.fields = {{"id", words::id, account.id.value()},
                     {"name", words::name, account.name},
                     {"kind", words::kind, account.kind}};
    if (account.kind == "acme") {
      record.fields.push_back({"directory", directory_word, account.directory_url});
      record.fields.push_back({"contact", contact_word, account.contact});
      record.fields.push_back({"account_url", {"アカウントURL", "account URL"}, account.account_url});
    } else {
      record.fields.push_back({"api_url", api_url_word, account.api_url});
      record.fields.push_back({"api_key_set", {"APIキー設定済み", "API key set"}, account.api_key_set});
    }
    record.fields.push_back(
        {"own_trust", {"個別のCA証明書", "own CA certificates"}, account.ca_pem.has_value()});
    record.fields.push_back(revision_field(tx, table, account.id.value()));
  });
  context.out().show(record);
}

void remove(Context& context, const Remove& a) {
  remove_after_question(
      context, {table, words::ca_account, a.name}, a.if_revision,
      context.say(words::remove_question, context.say(words::ca_account), a.name),
      [&](store::Tx& tx) { return ca_account_named(context, tx, a.name).id.value(); },
      [](store::Tx& tx, std::int64_t id) { store::ca_accounts::remove(tx, CaAccountId(id)); });
}

void declare_set(Verb& verb, Set& a) {
  verb.argument(a.name, "NAME", {"認証局アカウントの名称", "Name of the CA account"})
      .option(a.rename, "--rename", "NAME", {"新しい名称", "New name"});
  declare_fields(verb, a.fields);
  verb.flag(a.ask_api_key, "--api-key", {"API キーを尋ねる (DigiCert)", "Ask for the API key (DigiCert)"})
      .not_with("--api-key-stdin")
      .not_with("--api-key-file")
      .flag(a.no_contact, "--no-contact", {"連絡先をなくす", "No contact"})
      .not_with("--contact")
      .flag(a.no_ca_file, "--no-ca-file",
            {"システムの CA 証明書を信頼する", "Trust the system's certificates for the CA's API"})
      .not_with("--ca-file");
  declare_if_revision(verb, a.if_revision);
}

}  // namespace

void add_ca_account_commands(Commands& commands) {
  const char* noun = "ca-account";
  commands.noun(noun, {"認証局アカウント", "CA accounts: where certificates are ordered"});
  commands.verb<Add>(
      noun, "add", {"認証局アカウントを追加する", "Add a CA account (ACME or DigiCert CertCentral)"},
      "certfleet ca-account add letsencrypt --directory https://acme-v02.api.letsencrypt.org/directory"
      " --contact admin@example.com\n  certfleet ca-account add digicert --kind digicert --api-key-file key.txt",
      [](Verb& verb, Add& a) {
        verb.argument(a.name, "NAME", {"名称", "Name"})
            .choice(a.kind, "--kind", {"acme", "digicert"}, {"認証局の種別 (acme)", "Kind of CA (acme)"});
        declare_fields(verb, a.fields);
      },
      add);
  commands.verb<NoArguments>(noun, "list", {"一覧", "List the CA accounts"}, "certfleet ca-account list",
                             nullptr, list);
  commands.verb<Named>(noun, "show", {"詳細を表示する", "Show a CA account"},
                       "certfleet ca-account show letsencrypt", declare_named, show);
  commands.verb<Set>(noun, "set", {"認証局アカウントを変更する", "Change a CA account"},
                     "certfleet ca-account set digicert --api-key", declare_set, set);
  commands.verb<Remove>(
      noun, "remove", {"削除する", "Remove a CA account"}, "certfleet ca-account remove letsencrypt",
      [](Verb& verb, Remove& a) {
        verb.argument(a.name, "NAME", {"認証局アカウントの名称", "Name of the CA account"});
        declare_if_revision(verb, a.if_revision);
      },
      remove);
}

}  // namespace certfleet::cli
