#include "admin-cli/lookup.h"

#include "admin-cli/suggest.h"
#include "admin-cli/words.h"
#include "lib/base/file.h"
#include "lib/pki/chain.h"
#include "lib/pki/limits.h"
#include "lib/store/accesses.h"
#include "lib/store/applicants.h"
#include "lib/store/ca_accounts.h"
#include "lib/store/groups.h"
#include "lib/store/names.h"
#include "lib/store/nodes.h"
#include "lib/store/notifications.h"
#include "lib/store/organizations.h"
#include "lib/store/services.h"
#include "lib/store/sites.h"
#include "lib/store/users.h"

namespace certfleet::cli {
namespace {

template <class T>
T only(const Context& context, const Text& what, const char* option, std::vector<T> all) {
  if (all.size() == 1) return std::move(all.front());
  if (all.empty())
    context.fail(Fault::not_found, {"{}がありません", "there is no {} yet"}, context.say(what));
  std::string names;
  for (const auto& item : all) names += (names.empty() ? "" : ", ") + item.name;
  context.fail(Fault::usage, {"{} で{}を指定してください ({})", "{0} is needed: which {1} ({2})"}, option,
               context.say(what), names);
}

struct Named {
  const Text& what;
  const char* noun;  // as in lib/store/names.h
};

// `found`, or Failure(not_found) with near names.
template <class T>
T require(const Context& context, store::Tx& tx, const Named& named, std::string_view name, std::optional<T> found) {
  if (found) return std::move(*found);
  no_such(context, named.what, name,
          store::names::near_to(tx, named.noun, std::string(name), one_mistake_from(name)));
}

}  // namespace

domain::Service service_named(const Context& context, store::Tx& tx, std::string_view name) {
  return require(context, tx, {words::service, "service"}, name, store::services::find(tx, name));
}

domain::Node node_named(const Context& context, store::Tx& tx, std::string_view name) {
  return require(context, tx, {words::node, "node"}, name, store::nodes::find(tx, name));
}

domain::Access access_named(const Context& context, store::Tx& tx, std::string_view name) {
  return require(context, tx, {words::access, "access"}, name, store::accesses::find(tx, name));
}

domain::Site site_named(const Context& context, store::Tx& tx, std::string_view name) {
  return require(context, tx, {words::site, "site"}, name, store::sites::find(tx, name));
}

domain::Group group_named(const Context& context, store::Tx& tx, std::string_view name) {
  return require(context, tx, {words::group, "group"}, name, store::groups::find(tx, name));
}

domain::User user_named(const Context& context, store::Tx& tx, std::string_view name) {
  return require(context, tx, {words::user, "user"}, name, store::users::find(tx, name));
}

domain::CaAccount ca_account_named(const Context& context, store::Tx& tx, std::string_view name) {
  return require(context, tx, {words::ca_account, "ca-account"}, name, store::ca_accounts::find(tx, name));
}

domain::Organization organization_named(const Context& context, store::Tx& tx, std::string_view name) {
  return require(context, tx, {words::organization, "organization"}, name, store::organizations::find(tx, name));
}

domain::Applicant applicant_named(const Context& context, store::Tx& tx, domain::ApplicantKind kind,
                                  std::string_view name) {
  auto noun = kind == domain::ApplicantKind::applicant ? Named{words::applicant, "applicant"}
                                                       : Named{words::ev_approver, "ev-approver"};
  return require(context, tx, noun, name, store::applicants::find(tx, kind, name));
}

domain::NotificationTable notification_named(const Context& context, store::Tx& tx, std::string_view name) {
  return require(context, tx, {words::notification, "notification"}, name, store::notifications::find(tx, name));
}

domain::Site site_or_only(const Context& context, store::Tx& tx, const std::optional<std::string>& name) {
  return name ? site_named(context, tx, *name) : only(context, words::site, "--site", store::sites::list(tx));
}

domain::Group group_or_only(const Context& context, store::Tx& tx, const std::optional<std::string>& name) {
  return name ? group_named(context, tx, *name)
              : only(context, words::group, "--group", store::groups::list(tx));
}

domain::NotificationTable notification_or_only(const Context& context, store::Tx& tx,
                                               const std::optional<std::string>& name) {
  return name ? notification_named(context, tx, *name)
              : only(context, words::notification, "--notification", store::notifications::list(tx));
}

std::string trusted_certificates(const std::string& file) {
  try {
    std::string pem;
    for (const auto& certificate : pki::certificates_from_pem(read_file(file, pki::pem_bytes_max)))
      pem += certificate.pem();
    return pem;
  } catch (const Failure& failure) {
    std::string_view what = failure.what();
    if (what.find(file) != std::string_view::npos) throw;
    throw Failure(failure.fault(), fmt::format("{}: {}", file, what));
  }
}

Record id_and_name(std::int64_t id, const std::string& name) {
  return {{{"id", words::id, id}, {"name", words::name, name}}, {}};
}

}  // namespace certfleet::cli
