#include "admin-cli/form_nouns.h"

#include <algorithm>

#include "admin-cli/named_form.h"
#include "lib/domain/nouns.h"
#include "lib/store/accesses.h"
#include "lib/store/applicants.h"
#include "lib/store/ca_accounts.h"
#include "lib/store/company.h"
#include "lib/store/groups.h"
#include "lib/store/mail_settings.h"
#include "lib/store/nodes.h"
#include "lib/store/notifications.h"
#include "lib/store/organizations.h"
#include "lib/store/schedules.h"
#include "lib/store/services.h"
#include "lib/store/settings.h"
#include "lib/store/sites.h"
#include "lib/store/users.h"

namespace certfleet::cli {
namespace {

namespace nouns = domain::nouns;
FormNoun sites() {
  namespace s = store::sites;
  return named("sites", nouns::site,
               store_of<domain::Site>("site", Table::site, s::list, s::get, s::add, s::update));
}

FormNoun notifications() {
  namespace s = store::notifications;
  return named("notifications", nouns::notification,
               store_of<domain::NotificationTable>("notification", Table::notification, s::list, s::get,
                                                   s::add, s::update));
}

FormNoun organizations() {
  namespace s = store::organizations;
  return named("organizations", nouns::organization,
               store_of<domain::Organization>("organization", Table::organization, s::list, s::get, s::add,
                                              s::update));
}

FormNoun applicants(const char* section, const Text& noun, const char* word, Table table,
                    domain::ApplicantKind kind) {
  namespace s = store::applicants;
  return named(section, noun,
               store_of<domain::Applicant>(
                   word, table, [kind](Tx& tx) { return s::list(tx, kind); },
                   [kind](Tx& tx, ApplicantId id) { return s::get(tx, kind, id); },
                   [kind](Tx& tx, const domain::Applicant& a) { return s::add(tx, kind, a); },
                   [kind](Tx& tx, const domain::Applicant& a) { s::update(tx, kind, a); }));
}

FormNoun ca_accounts() {
  namespace s = store::ca_accounts;
  auto store =
      store_of<domain::CaAccount>("ca-account", Table::ca_account, s::list, s::get, s::add, s::update);
  store.keep = [](domain::CaAccount& thing, const domain::CaAccount& before) {
    thing.api_key_set = before.api_key_set;
    thing.account_url = before.account_url;
  };
  return named("ca_accounts", nouns::ca_account, std::move(store));
}

FormNoun accesses() {
  namespace s = store::accesses;
  auto store = store_of<domain::Access>("access", Table::access, s::list, s::get, s::add, s::update);
  store.keep = [](domain::Access& thing, const domain::Access& before) {
    thing.login_secret_set = before.login_secret_set;
    thing.login_key_set = before.login_key_set;
    thing.exec_secret_set = before.exec_secret_set;
  };
  auto made = named("accesses", nouns::access, std::move(store));
  made.settled = [](Tx& tx, FormNames& names, const Form& form) {
    if (auto id = names.find("access", form.name)) s::require_fit(tx, AccessId(*id));
  };
  return made;
}

template <class Id>
std::vector<std::int64_t> numbers(const std::vector<Id>& ids) {
  std::vector<std::int64_t> numbers;
  for (auto id : ids) numbers.push_back(id.value());
  return numbers;
}

FormNoun services() {
  namespace s = store::services;
  auto store = store_of<domain::Service>("service", Table::service, s::list, s::get, s::add, s::update);
  store.many = {
      s::get_all,
      [](Tx& tx, const std::vector<domain::Service>& services) { return numbers(s::add_all(tx, services)); },
      [](Tx& tx, const std::vector<domain::Service>& services) { s::update_all(tx, services); }};
  return named("services", nouns::service, std::move(store));
}

void require_accesses(Tx& tx, std::span<const domain::Node> nodes) {
  std::map<AccessId, domain::Access> accesses;   // each is read once
  for (const auto& node : nodes) {
    if (!node.access) continue;
    auto found = accesses.find(node.access);
    if (found == accesses.end()) found = accesses.emplace(node.access, store::accesses::get(tx, node.access)).first;
    domain::require_access_for(node.kind, found->second);
  }
}

FormNoun nodes() {
  namespace s = store::nodes;
  auto store = store_of<domain::Node>(
      "node", Table::node, s::list, s::get,
      [](Tx& tx, const domain::Node& node) {
        require_accesses(tx, {&node, 1});
        return s::add(tx, node);
      },
      [](Tx& tx, const domain::Node& node) {
        require_accesses(tx, {&node, 1});
        s::update(tx, node);
      });
  store.many = {s::get_all,
                [](Tx& tx, const std::vector<domain::Node>& nodes) {
                  require_accesses(tx, nodes);
                  return numbers(s::add_all(tx, nodes));
                },
                [](Tx& tx, const std::vector<domain::Node>& nodes) {
                  require_accesses(tx, nodes);
                  s::update_all(tx, nodes);
                }};
  return named("nodes", nouns::node, std::move(store));
}

// A group's members are rows of their own, and a list in its form.
constexpr const char* members_key = "members";

std::vector<std::string> members_of(Tx& tx, GroupId group) {
  std::vector<std::string> members;
  for (const auto& user : store::groups::members(tx, group)) members.push_back(user.name);
  return members;
}

void set_members(Tx& tx, FormNames& names, GroupId group, const FormEntry* entry) {
  auto before = members_of(tx, group);
  std::vector<std::string> wanted;
  if (entry != nullptr) {
    Form one;
    one.entries = {*entry};
    FormReader(one, names, {}).list(members_key, wanted);
  }
  for (const auto& name : wanted) {
    auto user = names.find("user", name);
    if (!user)
      throw Failure(Fault::not_found,
                    Text{"{} 行目: {}: \"{}\" はありません", "line {}: {}: there is no \"{}\""}, entry->line,
                    members_key, name);
    if (std::find(before.begin(), before.end(), name) == before.end())
      store::groups::add_member(tx, group, UserId(*user));
  }
  for (const auto& name : before)
    if (std::find(wanted.begin(), wanted.end(), name) == wanted.end())
      if (auto user = names.find("user", name)) store::groups::remove_member(tx, group, UserId(*user));
}

FormNoun groups() {
  namespace s = store::groups;
  auto plain = named("groups", nouns::group,
                     store_of<domain::Group>("group", Table::group, s::list, s::get, s::add, s::update));
  auto made = plain;
  made.keys.emplace_back(members_key);
  auto with_members = [](Tx& tx, FormNames& names, Form& form) {
    auto members = members_of(tx, GroupId(names.find("group", form.name).value_or(0)));
    if (!members.empty()) form.entries.push_back({members_key, members});
  };
  made.all = [plain, with_members](Tx& tx, FormNames& names) {
    auto forms = plain.all(tx, names);
    for (auto& form : forms) with_members(tx, names, form);
    return forms;
  };
  made.put = [plain, with_members](Tx& tx, FormNames& names, const Sealer& seal, const Form& form) {
    auto without = form;
    std::erase_if(without.entries, [](const FormEntry& entry) { return entry.key == members_key; });
    Form before;
    before.name = form.name;
    if (names.find("group", form.name)) with_members(tx, names, before);
    auto change = plain.put(tx, names, seal, without);
    set_members(tx, names, GroupId(*names.find("group", form.name)), form.find(members_key));
    Form after;
    after.name = form.name;
    with_members(tx, names, after);
    change.before.entries.insert(change.before.entries.end(), before.entries.begin(), before.entries.end());
    change.after.entries.insert(change.after.entries.end(), after.entries.begin(), after.entries.end());
    if (change.how == Change::How::same && before.entries != after.entries) change.how = Change::How::changed;
    return change;
  };
  return made;
}

// No document carries a password: a new user has none, until an administrator gives him a one-time code.
FormNoun users() {
  namespace s = store::users;
  return named("users", nouns::user,
               store_of<domain::User>("user", Table::user, s::list, s::get, s::add_without_password, s::update));
}

// Its name is what it has, and it is not found by it: there is one.
FormNoun company() {
  FormNoun made{"company", nouns::company, true};
  made.keys = {"name"};
  auto with_name = [](const std::string& name) { return std::vector{FormEntry{"name", name}}; };
  made.all = [](Tx& tx, FormNames&) {
    std::vector<Form> forms;
    if (auto found = store::company::find(tx))
      forms.push_back({found->name, static_cast<int>(store::revisions::of(tx, Table::company, found->id.value())), {}});
    return forms;
  };
  made.put = [with_name](Tx& tx, FormNames& names, const Sealer& seal, const Form& form) {
    FormReader(form, names, seal).finish();
    domain::check_name(form.name, nouns::company);
    auto found = store::company::find(tx);
    if (!found)
      throw Failure(Fault::not_found, Text{"企業がありません: certfleet init", "there is no company yet: certfleet init"});
    check_revision(form, store::revisions::lock(tx, Table::company, found->id.value()));
    found = store::company::find(tx);
    Change change{Change::How::same, {}, {}};
    change.before.entries = with_name(found->name);
    change.after.entries = with_name(form.name);
    if (found->name == form.name) return change;
    change.how = Change::How::changed;
    found->name = form.name;
    store::company::update(tx, *found);
    return change;
  };
  return made;
}

// Reads the form into `thing`, which has its defaults.
template <class T>
Change put_single(FormNames& names, const Sealer& seal, const Form& form, T& thing, const std::optional<T>& before) {
  Change change;
  FormReader reader(form, names, seal);
  fields(reader, thing);
  reader.finish();
  thing = domain::checked(std::move(thing));
  change.after = form_of(thing, names);
  if (before) change.before = form_of(*before, names);
  change.new_secrets = reader.new_secrets();
  change.how = !before                                                               ? Change::How::added
               : change.new_secrets || change.before.entries != change.after.entries ? Change::How::changed
                                                                                     : Change::How::same;
  return change;
}

FormNoun settings() {
  FormNoun made{"settings", {"設定", "settings"}, true};
  made.keys = keys_of<domain::Settings>();
  made.all = [](Tx& tx, FormNames& names) {
    return std::vector{with_revision(form_of(store::settings::get(tx), names), tx, Table::settings, 0)};
  };
  made.put = [](Tx& tx, FormNames& names, const Sealer& seal, const Form& form) {
    check_revision(form, store::revisions::lock(tx, Table::settings, 0));
    domain::Settings wanted;
    auto change = put_single(names, seal, form, wanted, std::optional(store::settings::get(tx)));
    if (change.how != Change::How::same) store::settings::update(tx, wanted);
    return change;
  };
  return made;
}

FormNoun mail() {
  FormNoun made{"mail", {"メール送信設定", "mail settings"}, true};
  made.keys = keys_of<domain::MailSettings>();
  made.all = [](Tx& tx, FormNames& names) {
    std::vector<Form> forms;
    if (auto found = store::mail_settings::find(tx))
      forms.push_back(with_revision(form_of(*found, names), tx, Table::mail_settings, 0));
    return forms;
  };
  made.put = [](Tx& tx, FormNames& names, const Sealer& seal, const Form& form) {
    auto before = store::mail_settings::find(tx);
    if (before) check_revision(form, store::revisions::lock(tx, Table::mail_settings, 0));
    domain::MailSettings wanted;
    // The password goes with its user.
    wanted.auth_password_set = before && before->auth_password_set && form.find("auth_user") != nullptr;
    auto change = put_single(names, seal, form, wanted, before);
    if (change.how != Change::How::same) store::mail_settings::set(tx, wanted);
    return change;
  };
  return made;
}

FormNoun schedules() {
  FormNoun made{"schedules", nouns::schedule};
  made.keys = keys_of<domain::Schedule>();
  made.all = [](Tx& tx, FormNames& names) {
    std::vector<Form> forms;
    for (const auto& schedule : store::schedules::list(tx)) {
      auto id = store::schedules::id_of(tx, schedule.task).value();
      forms.push_back(with_revision(form_of(schedule, names), tx, Table::schedule, id));
      forms.back().name = schedule.task;
    }
    return forms;
  };
  made.put = [](Tx& tx, FormNames& names, const Sealer& seal, const Form& form) {
    auto id = store::schedules::id_of(tx, form.name);
    if (!id)
      throw Failure(Fault::not_found, Text{"\"{}\" という定期処理はありません", "there is no batch run \"{}\""},
                    form.name);
    check_revision(form, store::revisions::lock(tx, Table::schedule, *id));
    auto before = store::schedules::find(tx, form.name);
    domain::Schedule wanted;
    wanted.task = before->task;
    auto change = put_single(names, seal, form, wanted, before);
    if (change.how != Change::How::same) store::schedules::update(tx, wanted);
    return change;
  };
  return made;
}

}  // namespace

const std::vector<FormNoun>& form_nouns() {
  static const std::vector<FormNoun> all = {
      company(),
      settings(),
      schedules(),
      mail(),
      sites(),
      notifications(),
      users(),
      groups(),
      ca_accounts(),
      organizations(),
      applicants("applicants", nouns::applicant, "applicant", Table::applicant,
                 domain::ApplicantKind::applicant),
      applicants("ev_approvers", nouns::ev_approver, "ev-approver", Table::ev_approver,
                 domain::ApplicantKind::ev_approver),
      accesses(),
      services(),
      nodes(),
  };
  return all;
}

const FormNoun* find_form_noun(std::string_view section) {
  for (const auto& noun : form_nouns())
    if (noun.section == section) return &noun;
  return nullptr;
}

}  // namespace certfleet::cli
