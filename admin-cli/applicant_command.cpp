// certfleet applicant … and ev-approver … (manual 8.2): the same verbs over two tables.
#include "admin-cli/commands.h"
#include "admin-cli/lookup.h"
#include "admin-cli/nouns.h"
#include "admin-cli/revision.h"
#include "admin-cli/words.h"
#include "lib/store/applicants.h"

namespace certfleet::cli {
namespace {

namespace applicants = store::applicants;
using Kind = domain::ApplicantKind;

constexpr Text user_id_word{"ユーザーID", "user id"};

// What both add and set take; none: leave it.
struct Fields {
  std::optional<std::string> user_id, person, country, postal_code, address_1, address_2, phone, title, email;
};
struct Add {
  std::string name;
  Fields fields;
};
struct Set {
  std::string name;
  std::optional<std::string> rename;
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

// A field of the typed-in data, as it is declared, taken and shown.
struct PersonField {
  const char* key;
  const char* option;
  const char* value;
  Text title;
  std::optional<std::string> Fields::*given;
  std::string domain::Person::*field;
};
const PersonField person_fields[] = {
    {"person", "--person", "TEXT", {"名前", "person"}, &Fields::person, &domain::Person::name},
    {"country", "--country", "CC", {"国コード", "country"}, &Fields::country, &domain::Person::country},
    {"postal_code", "--postal-code", "CODE", {"郵便番号", "postal code"}, &Fields::postal_code,
     &domain::Person::postal_code},
    {"address_1", "--address-1", "TEXT", {"住所1", "address 1"}, &Fields::address_1, &domain::Person::address_1},
    {"address_2", "--address-2", "TEXT", {"住所2", "address 2"}, &Fields::address_2, &domain::Person::address_2},
    {"phone", "--phone", "NUMBER", {"電話番号", "phone"}, &Fields::phone, &domain::Person::phone},
    {"title", "--title", "TEXT", {"役職", "title"}, &Fields::title, &domain::Person::title},
    {"email", "--mail", "MAIL", {"メールアドレス", "mail address"}, &Fields::email, &domain::Person::email},
};

constexpr store::revisions::Table table_of(Kind kind) {
  return kind == Kind::applicant ? store::revisions::Table::applicant : store::revisions::Table::ev_approver;
}
constexpr const Text& noun_of(Kind kind) {
  return kind == Kind::applicant ? words::applicant : words::ev_approver;
}

void declare_fields(Verb& verb, Fields& f) {
  verb.option(f.user_id, "--user-id", "N",
              {"認証局でのユーザーID。以下の個別入力の代わり", "A user's id at the CA, in place of all below"});
  for (const auto& each : person_fields)
    verb.option(f.*each.given, each.option, each.value, each.title).not_with("--user-id");
}

// The one takes the place of the other: whoever names an id drops the data, and the other way round.
void take_fields(domain::Applicant& applicant, const Fields& f) {
  if (f.user_id) {
    applicant.user_id = f.user_id;
    applicant.person = {};
  }
  for (const auto& each : person_fields) {
    if (!(f.*each.given)) continue;
    applicant.user_id.reset();
    applicant.person.*each.field = *(f.*each.given);
  }
}

template <Kind kind>
void add(Context& context, const Add& a) {
  domain::Applicant applicant;
  applicant.name = a.name;
  take_fields(applicant, a.fields);
  if (!applicant.user_id && applicant.person.empty())
    context.fail(Fault::usage, {"--user-id か --person などの個別入力が必要です",
                                "--user-id is needed, or --person with the person's data"});
  applicant = domain::checked(applicant);
  applicant.id =
      context.database().writing([&](store::Tx& tx) { return applicants::add(tx, kind, applicant); });
  context.out().done(context.say(words::added, context.say(noun_of(kind)), a.name),
                     id_and_name(applicant.id.value(), a.name));
}

template <Kind kind>
void list(Context& context, const NoArguments&) {
  Table rows{{{"name", words::name},
              {"user_id", user_id_word},
              {"person", {"名前", "person"}},
              {"title", {"役職", "title"}},
              {"email", {"メールアドレス", "mail address"}}},
             {},
             {}};
  auto text = [](const std::string& value) { return value.empty() ? Cell() : Cell(value); };
  for (const auto& each :
       context.database().reading([](store::Tx& tx) { return applicants::list(tx, kind); }))
    rows.add({each.name, each.user_id, text(each.person.name), text(each.person.title), text(each.person.email)});
  context.out().show(rows);
}

template <Kind kind>
void show(Context& context, const Named& a) {
  Record record;
  context.database().read([&](store::Tx& tx) {
    auto found = applicant_named(context, tx, kind, a.name);
    record.fields = {{"id", words::id, found.id.value()}, {"name", words::name, found.name}};
    if (found.user_id) record.fields.push_back({"user_id", user_id_word, found.user_id});
    for (const auto& each : person_fields)
      if (!found.user_id) record.fields.push_back({each.key, each.title, found.person.*each.field});
    record.fields.push_back(revision_field(tx, table_of(kind), found.id.value()));
  });
  context.out().show(record);
}

template <Kind kind>
void set(Context& context, const Set& a) {
  domain::Applicant changed;
  context.database().write([&](store::Tx& tx) {
    auto id = applicant_named(context, tx, kind, a.name).id;
    hold(context, tx, {table_of(kind), noun_of(kind), a.name}, id.value(), a.if_revision);
    changed = applicants::get(tx, kind, id);
    if (a.rename) changed.name = *a.rename;
    take_fields(changed, a.fields);
    changed = domain::checked(changed);
    applicants::update(tx, kind, changed);
  });
  context.out().done(context.say(words::changed, context.say(noun_of(kind)), changed.name),
                     id_and_name(changed.id.value(), changed.name));
}

template <Kind kind>
void remove(Context& context, const Remove& a) {
  remove_after_question(
      context, {table_of(kind), noun_of(kind), a.name}, a.if_revision,
      context.say(words::remove_question, context.say(noun_of(kind)), a.name),
      [&](store::Tx& tx) { return applicant_named(context, tx, kind, a.name).id.value(); },
      [](store::Tx& tx, std::int64_t id) { applicants::remove(tx, kind, ApplicantId(id)); });
}

// The words of a noun; its examples must outlive the command line.
struct Wording {
  const char* noun;
  Text about, add, list, show, set, remove;
  const char *add_example, *list_example, *show_example, *set_example, *remove_example;
};

template <Kind kind>
void add_verbs(Commands& commands, const Wording& wording) {
  commands.noun(wording.noun, wording.about);
  commands.verb<Add>(
      wording.noun, "add", wording.add, wording.add_example,
      [](Verb& verb, Add& a) {
        verb.argument(a.name, "NAME", {"テーブル名称", "Name of the table"});
        declare_fields(verb, a.fields);
      },
      add<kind>);
  commands.verb<NoArguments>(wording.noun, "list", wording.list, wording.list_example, nullptr, list<kind>);
  commands.verb<Named>(
      wording.noun, "show", wording.show, wording.show_example,
      [](Verb& verb, Named& a) { verb.argument(a.name, "NAME", {"テーブル名称", "Name of the table"}); },
      show<kind>);
  commands.verb<Set>(
      wording.noun, "set", wording.set, wording.set_example,
      [](Verb& verb, Set& a) {
        verb.argument(a.name, "NAME", {"テーブル名称", "Name of the table"})
            .option(a.rename, "--rename", "NAME", {"新しい名称", "New name"});
        declare_fields(verb, a.fields);
        declare_if_revision(verb, a.if_revision);
      },
      set<kind>);
  commands.verb<Remove>(
      wording.noun, "remove", wording.remove, wording.remove_example,
      [](Verb& verb, Remove& a) {
        verb.argument(a.name, "NAME", {"テーブル名称", "Name of the table"});
        declare_if_revision(verb, a.if_revision);
      },
      remove<kind>);
}

}  // namespace

void add_applicant_commands(Commands& commands) {
  add_verbs<Kind::applicant>(
      commands, {"applicant",
                 {"申請者情報", "Applicants: who asks the CA"},
                 {"申請者情報を追加する", "Add an applicant"},
                 {"一覧", "List the applicants"},
                 {"詳細を表示する", "Show an applicant"},
                 {"申請者情報を変更する", "Change an applicant"},
                 {"申請者情報を削除する", "Remove an applicant that no service refers to"},
                 "certfleet applicant add web-team --person \"Taro Yamada\" --title Manager --phone +81-3-1234-5678"
                 " --mail taro@example.com",
                 "certfleet applicant list", "certfleet applicant show web-team",
                 "certfleet applicant set web-team --user-id 4711", "certfleet applicant remove web-team"});
  add_verbs<Kind::ev_approver>(
      commands, {"ev-approver",
                 {"EV承認者情報", "EV approvers: who approves an EV certificate"},
                 {"EV承認者情報を追加する", "Add an EV approver"},
                 {"一覧", "List the EV approvers"},
                 {"詳細を表示する", "Show an EV approver"},
                 {"EV承認者情報を変更する", "Change an EV approver"},
                 {"EV承認者情報を削除する", "Remove an EV approver that no service refers to"},
                 "certfleet ev-approver add board --user-id 4712", "certfleet ev-approver list",
                 "certfleet ev-approver show board", "certfleet ev-approver set board --user-id 4713",
                 "certfleet ev-approver remove board"});
}

}  // namespace certfleet::cli
