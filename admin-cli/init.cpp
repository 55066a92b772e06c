#include "admin-cli/init.h"

#include <fmt/format.h>

#include <charconv>

#include "admin-cli/init_files.h"
#include "admin-cli/times.h"
#include "lib/base/error.h"
#include "lib/domain/checks.h"
#include "lib/pki/host_name.h"
#include "lib/store/company.h"
#include "lib/store/dsn.h"
#include "lib/store/groups.h"
#include "lib/store/schema.h"
#include "lib/store/sealing_keys.h"
#include "lib/store/settings.h"
#include "lib/store/sites.h"
#include "lib/store/users.h"

namespace certfleet::cli {
namespace {

constexpr int statement_timeout_ms = 600'000;  // the schema of a database on a slow disk

// "host:port"; IPv6 in brackets.
void check_address(const std::string& address, const char* option) {
  auto colon = address.rfind(':');
  auto refuse = [&] {
    throw Failure(Fault::usage, Text{"{} {}: ホスト:ポート の形で指定してください", "{} {}: needs host:port"},
                  option, address);
  };
  if (colon == std::string::npos || colon == 0) refuse();
  std::string_view digits = std::string_view(address).substr(colon + 1);
  int port = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port < 1 || port > 65535) refuse();
  std::string_view host = std::string_view(address).substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  pki::normalize_host(host);
}

// The company's name if the database has an installation, and its sealing key.
struct Found {
  std::string company;
  std::string sealing_key_id;
};

std::optional<Found> installation_in(store::Database& database) {
  bool schema = true;
  try {
    store::require_schema(database);
  } catch (const Failure& failure) {
    if (failure.fault() == Fault::not_found) schema = false;
    // Another version: it is an installation all the same, and migrate() says what is wrong with it.
    else if (failure.fault() != Fault::conflict)
      throw;
  }
  if (!schema) return std::nullopt;
  return database.reading([](store::Tx& tx) -> std::optional<Found> {
    auto company = store::company::find(tx);
    if (!company) return std::nullopt;
    auto keys = store::sealing_keys::list(tx);
    return Found{company->name, keys.empty() ? "" : keys.back().id};
  });
}

void fill(store::Tx& tx, const InitPlan& plan, const InitKeys& keys, const pki::Secret& admin_password) {
  store::company::add(tx, {{}, plan.company});
  store::sites::add(tx, {{}, plan.site});
  auto group = store::groups::add(tx, {{}, plan.group, {}});
  auto user = store::users::add(tx, {{}, plan.admin, "admin", "", true, {}}, admin_password.view());
  store::groups::add_member(tx, group, user);
  store::settings::update(tx, {std::nullopt, plan.time_zone, plan.language});
  store::sealing_keys::add(tx, {keys.sealing.id, keys.sealing.bytes, true});
  for (const auto& daemon : daemons_of(plan.brokers)) {
    store::peers::Peer peer;
    peer.name = daemon.name;
    peer.role = daemon.role;
    peer.queue = daemon.queue;
    peer.public_key = keys.curve.at(daemon.name);
    store::peers::enroll(tx, peer);
    if (auto password = keys.passwords.find(daemon.name); password != keys.passwords.end())
      store::users::set_daemon_password(tx, daemon.database_role, password->second.view());
  }
  // Several brokers share one role.
  store::users::set_daemon_password(tx, "certfleet_broker", keys.passwords.at("broker").view());
}

// The server's pg_hba.conf decides whether passwords count: better said now than by a daemon at night.
std::string login_warning(const InitPlan& plan) {
  try {
    store::Database database(
        {store::dsn::for_user(plan.owner_dsn, "certfleet_scheduler", file_of(plan, "scheduler", ".pgpass")),
         "certfleet init", statement_timeout_ms});
    database.connect();
    return "";
  } catch (const Failure& failure) {
    return failure.what();
  }
}

}  // namespace

InitPlan checked(InitPlan plan) {
  domain::check_name(plan.company, {"企業", "company"});
  domain::check_name(plan.site, {"拠点", "site"});
  domain::check_name(plan.group, {"グループ", "group"});
  plan.admin = domain::checked(domain::User{{}, plan.admin, "admin", "", true, {}}).name;
  if (plan.brokers.empty())
    throw Failure(Fault::usage,
                  Text{"--broker: アドレスが 1 つ以上必要です", "--broker: at least one address is needed"});
  for (const auto& address : plan.brokers) check_address(address, "--broker");
  check_address(plan.http01_listen, "--http01");
  use_zone(plan.time_zone);
  store::dsn::place(plan.owner_dsn);  // is it one at all
  plan.directory = std::filesystem::absolute(plan.directory).lexically_normal();
  if (!plan.directory.has_filename()) plan.directory = plan.directory.parent_path();
  return plan;
}

InitResult initialise(const InitPlan& plan, const pki::Secret& admin_password) {
  store::Database database({plan.owner_dsn, "certfleet init", statement_timeout_ms});
  auto found = installation_in(database);
  auto already = [&](const Found& there) {
    return Failure(
        Fault::conflict,
        Text{"初期化済みです: データベース {1} の {0}", "already initialised: {0} in database {1}"},
        there.company, store::dsn::place(plan.owner_dsn));
  };
  std::error_code error;
  if (found && !std::filesystem::exists(plan.directory / "init.incomplete", error)) throw already(*found);
  InitFolder folder(plan);
  if (found) {
    // The run before had committed, but not yet taken its marker away; its files are complete.
    if (folder.sealing_key_id() != found->sealing_key_id) throw already(*found);
    folder.finish();
    return {true, login_warning(plan)};
  }
  auto keys = folder.write(plan, admin_password);
  store::migrate(database);
  database.write([&](store::Tx& tx) {
    // Two runs at the same time, in two folders: the one company is the database's own guard.
    fill(tx, plan, keys, admin_password);
  });
  folder.finish();
  return {false, login_warning(plan)};
}

}  // namespace certfleet::cli
