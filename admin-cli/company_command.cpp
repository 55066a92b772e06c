// certfleet company … (manual chapter 2): one an installation, made by certfleet init.
#include "admin-cli/commands.h"
#include "admin-cli/lookup.h"
#include "admin-cli/nouns.h"
#include "admin-cli/words.h"
#include "lib/domain/checks.h"
#include "lib/store/company.h"

namespace certfleet::cli {
namespace {

struct Set {
  std::string name;
};

domain::Company company_of(const Context& context, store::Tx& tx) {
  auto company = store::company::find(tx);
  if (!company)
    context.fail(Fault::not_found, {"企業がありません: certfleet init", "there is no company yet: certfleet init"});
  return *company;
}

void show(Context& context, const NoArguments&) {
  auto company = context.database().reading([&](store::Tx& tx) { return company_of(context, tx); });
  context.out().show(id_and_name(company.id.value(), company.name));
}

void set(Context& context, const Set& a) {
  domain::check_name(a.name, words::company);
  domain::Company company;
  context.database().write([&](store::Tx& tx) {
    company = company_of(context, tx);
    company.name = a.name;
    store::company::update(tx, company);
  });
  context.out().done(context.say(words::changed, context.say(words::company), company.name),
                     id_and_name(company.id.value(), company.name));
}

}  // namespace

void add_company_commands(Commands& commands) {
  commands.noun("company", {"企業", "The company"});
  commands.verb<NoArguments>("company", "show", {"企業を表示する", "Show the company"}, "certfleet company show", nullptr,
                             show);
  commands.verb<Set>(
      "company", "set", {"企業名を変更する", "Change the company's name"}, "certfleet company set --name \"Example K.K.\"",
      [](Verb& verb, Set& a) { verb.option(a.name, "--name", "NAME", {"企業名称", "Name"}).needed(); }, set);
}

}  // namespace certfleet::cli
