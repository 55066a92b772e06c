// certfleet company … (manual chapter 2): one an installation, made by certfleet init.
#include "admin-cli/commands.h"
#include "admin-cli/lookup.h"
#include "admin-cli/nouns.h"
#include "admin-cli/revision.h"
#include "admin-cli/words.h"
#include "lib/domain/checks.h"
#include "lib/store/company.h"

namespace certfleet::cli {
namespace {

constexpr auto table = store::revisions::Table::company;

struct Set {
  std::string name;
  std::optional<int> if_revision;
};

domain::Company company_of(const Context& context, store::Tx& tx) {
  auto company = store::company::find(tx);
  if (!company)
    context.fail(Fault::not_found, {"企業がありません: certfleet init", "there is no company yet: certfleet init"});
  return *company;
}

void show(Context& context, const NoArguments&) {
  Record record;
  context.database().read([&](store::Tx& tx) {
    auto company = company_of(context, tx);
    record = id_and_name(company.id.value(), company.name);
    record.fields.push_back(revision_field(tx, table, company.id.value()));
  });
  context.out().show(record);
}

void set(Context& context, const Set& a) {
  domain::check_name(a.name, words::company);
  domain::Company company;
  context.database().write([&](store::Tx& tx) {
    company = company_of(context, tx);
    hold(context, tx, {table, words::company, company.name}, company.id.value(), a.if_revision);
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
      [](Verb& verb, Set& a) {
        verb.option(a.name, "--name", "NAME", {"企業名称", "Name"}).needed();
        declare_if_revision(verb, a.if_revision);
      },
      set);
}

}  // namespace certfleet::cli
