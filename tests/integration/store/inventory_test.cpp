// The inventory on a real database, as an administrator and as the daemons see it.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "lib/base/error.h"
#include "lib/store/accesses.h"
#include "lib/store/ca_accounts.h"
#include "lib/store/company.h"
#include "lib/store/groups.h"
#include "lib/store/mail_settings.h"
#include "lib/store/names.h"
#include "lib/store/nodes.h"
#include "lib/store/notifications.h"
#include "lib/store/sealing_keys.h"
#include "lib/store/services.h"
#include "lib/store/settings.h"
#include "lib/store/sites.h"
#include "lib/store/users.h"
#include "tests/support/database/database.h"

namespace certfleet::store {
namespace {

using domain::Access;
using domain::Node;
using domain::Service;

template <class F>
Fault fault_of(F&& body) {
  try {
    body();
  } catch (const Failure& failure) {
    return failure.fault();
  }
  ADD_FAILURE() << "nothing was thrown";
  return Fault::stale;
}

class Inventory : public ::testing::Test {
 protected:
  // As an administrator who is no superuser: what he may not read must not be read.
  Inventory() : owner_(test_.settings()), admin_(test_.settings_as_admin()) {}

  GroupId group() {
    return admin_.writing([](Tx& tx) { return groups::add(tx, {{}, "web", {}}); });
  }
  Service service(GroupId group) {
    Service service;
    service.name = "shop";
    service.group = group;
    service.common_name = "shop.example.com";
    service.sans = {"www.shop.example.com", "a \"quoted\" one", "b\\c"};
    service.id = admin_.writing([&](Tx& tx) { return services::add(tx, service); });
    return service;
  }
  Access access() {
    Access access;
    access.name = "web1-ssh";
    access.address = "192.0.2.1";
    access.login_id = "deploy";
    access.login_secret = std::string("\0\xff sealed", 9);
    access.host_key = "SHA256:" + std::string(43, 'A');
    access.id = admin_.writing([&](Tx& tx) { return accesses::add(tx, access); });
    return access;
  }

  certfleet::testing::TestDatabase test_;
  Database owner_;
  Database admin_;
};

TEST_F(Inventory, there_is_one_company) {
  owner_.write([](Tx& tx) { company::add(tx, {{}, "Example K.K."}); });
  EXPECT_EQ(admin_.reading([](Tx& tx) { return company::find(tx); })->name, "Example K.K.");
  EXPECT_EQ(fault_of([&] { owner_.write([](Tx& tx) {
                             company::add(tx, {{}, "Second"});
                           }); }),
            Fault::conflict);
}

TEST_F(Inventory, a_site_keeps_its_name_to_itself) {
  auto id = admin_.writing([](Tx& tx) { return sites::add(tx, {{}, "幕張DC"}); });
  EXPECT_EQ(fault_of([&] { admin_.write([](Tx& tx) { sites::add(tx, {{}, "幕張DC"}); }); }), Fault::conflict);
  admin_.write([&](Tx& tx) { sites::update(tx, {id, "tokyo"}); });
  EXPECT_EQ(admin_.reading([](Tx& tx) { return sites::find(tx, "tokyo"); })->id, id);
  admin_.write([&](Tx& tx) { sites::remove(tx, id); });
  EXPECT_TRUE(admin_.reading([](Tx& tx) { return sites::list(tx); }).empty());
  EXPECT_EQ(fault_of([&] { admin_.read([&](Tx& tx) { sites::get(tx, id); }); }), Fault::not_found);
}

TEST_F(Inventory, a_service_comes_back_as_it_was_stored) {
  auto made = service(group());
  auto found = admin_.reading([&](Tx& tx) { return services::get(tx, made.id); });
  EXPECT_EQ(found.name, made.name);
  EXPECT_EQ(found.group, made.group);
  EXPECT_EQ(found.common_name, made.common_name);
  EXPECT_EQ(found.sans, made.sans);
  EXPECT_FALSE(found.key_spec.has_value());

  found.key_spec =
      domain::KeySpec{"ecdsa-p256", "JP", "東京都", "Chiyoda", "Example", "Web", "a@example.com"};
  found.enabled = false;
  admin_.write([&](Tx& tx) { services::update(tx, found); });
  auto changed = admin_.reading([&](Tx& tx) { return services::find(tx, "shop"); });
  ASSERT_TRUE(changed && changed->key_spec);
  EXPECT_EQ(changed->key_spec->state, "東京都");
  EXPECT_FALSE(changed->enabled);
}

TEST_F(Inventory, every_worker_reads_a_service_with_its_key_spec) {
  auto made = service(group());
  for (const auto* role : {"certfleet_csr", "certfleet_order", "certfleet_apply", "certfleet_verify",
                           "certfleet_mail", "certfleet_scheduler"}) {
    Database daemon(test_.settings_as(role));
    EXPECT_EQ(daemon.reading([&](Tx& tx) { return services::get(tx, made.id); }).name, "shop") << role;
  }
}

TEST_F(Inventory, a_group_with_services_stays) {
  auto id = group();
  service(id);
  EXPECT_EQ(fault_of([&] { admin_.write([&](Tx& tx) { groups::remove(tx, id); }); }), Fault::conflict);
}

TEST_F(Inventory, persons_write_secrets_and_never_read_them) {
  auto made = access();
  auto seen = admin_.reading([&](Tx& tx) { return accesses::get(tx, made.id); });
  EXPECT_FALSE(seen.login_secret.has_value());
  EXPECT_EQ(fault_of([&] { admin_.read([&](Tx& tx) { accesses::get_with_secrets(tx, made.id); }); }),
            Fault::denied);
  Database worker(test_.settings_as("certfleet_apply"));
  EXPECT_EQ(worker.reading([&](Tx& tx) { return accesses::get_with_secrets(tx, made.id); }).login_secret,
            made.login_secret);
}

TEST_F(Inventory, an_update_keeps_the_secrets_that_it_does_not_name) {
  auto made = access();
  auto change = admin_.reading([&](Tx& tx) { return accesses::get(tx, made.id); });
  change.port = 2222;
  change.exec_id = "root";
  change.exec_secret = "exec";
  admin_.write([&](Tx& tx) { accesses::update(tx, change); });
  Database worker(test_.settings_as("certfleet_apply"));
  auto found = worker.reading([&](Tx& tx) { return accesses::get_with_secrets(tx, made.id); });
  EXPECT_EQ(found.login_secret, made.login_secret);
  EXPECT_EQ(found.exec_secret, "exec");
  EXPECT_EQ(found.port, 2222);
}

TEST_F(Inventory, a_password_may_be_exchanged_for_a_key_but_not_lost) {
  auto made = access();
  made.login_secret = "";
  EXPECT_EQ(fault_of([&] { admin_.write([&](Tx& tx) { accesses::update(tx, made); }); }), Fault::usage);
  made.login_key = "key";
  admin_.write([&](Tx& tx) { accesses::update(tx, made); });
  Database worker(test_.settings_as("certfleet_apply"));
  auto found = worker.reading([&](Tx& tx) { return accesses::get_with_secrets(tx, made.id); });
  EXPECT_FALSE(found.login_secret.has_value());
  EXPECT_EQ(found.login_key, "key");
}

TEST_F(Inventory, a_node_holds_its_site_and_its_access) {
  Node node;
  node.service = service(group()).id;
  node.access = access().id;
  node.site = admin_.writing([](Tx& tx) { return sites::add(tx, {{}, "tokyo"}); });
  node.name = "web1";
  node.verify = {domain::VerifyMode::address, "2001:db8::1", 8443, "shop.example.com"};
  node.apache = {"/etc/ssl/shop.crt", "/etc/ssl/shop.key", std::nullopt, "/var/lib/work", "apachectl"};
  node.id = admin_.writing([&](Tx& tx) { return nodes::add(tx, node); });
  auto found = admin_.reading([&](Tx& tx) { return nodes::of_service(tx, node.service); });
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].verify.host, "2001:db8::1");
  EXPECT_EQ(found[0].verify.port, 8443);
  EXPECT_EQ(found[0].verify.name, "shop.example.com");
  EXPECT_EQ(found[0].apache.cert_file, "/etc/ssl/shop.crt");
  EXPECT_FALSE(found[0].apache.chain_file.has_value());
  EXPECT_EQ(admin_.reading([&](Tx& tx) { return nodes::seen(tx, node.id); }).apply_status, "none");
  EXPECT_EQ(fault_of([&] { admin_.write([&](Tx& tx) { sites::remove(tx, node.site); }); }), Fault::conflict);
  EXPECT_EQ(fault_of([&] { admin_.write([&](Tx& tx) { accesses::remove(tx, node.access); }); }),
            Fault::conflict);
  node.verify = {};
  admin_.write([&](Tx& tx) { nodes::update(tx, node); });
  EXPECT_EQ(admin_.reading([&](Tx& tx) { return nodes::get(tx, node.id); }).verify.mode,
            domain::VerifyMode::none);
}

TEST_F(Inventory, a_service_is_mailed_by_the_table_of_its_group) {
  auto group_id = group();
  auto shop = service(group_id).id;
  domain::NotificationTable table;
  table.name = "standard";
  table.title = "SSL証明書管理SW";
  table.expiry_60 = false;
  table.to = {"a@example.com", "b@example.com"};
  table.cc = {"c@example.com"};
  table.id = admin_.writing([&](Tx& tx) { return notifications::add(tx, table); });
  EXPECT_FALSE(admin_.reading([&](Tx& tx) { return notifications::of_service(tx, shop); }).has_value());
  admin_.write([&](Tx& tx) { groups::update(tx, {group_id, "web", table.id}); });
  Database mail(test_.settings_as("certfleet_mail"));
  auto found = mail.reading([&](Tx& tx) { return notifications::of_service(tx, shop); });
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->to, table.to);
  EXPECT_EQ(found->cc, table.cc);
  EXPECT_FALSE(found->expiry_60);
  EXPECT_TRUE(found->expiry_90);
  table.to = {"d@example.com"};
  admin_.write([&](Tx& tx) { notifications::update(tx, table); });
  EXPECT_EQ(admin_.reading([&](Tx& tx) { return notifications::find(tx, "standard"); })->to, table.to);
  admin_.write([&](Tx& tx) { notifications::remove(tx, table.id); });
  EXPECT_FALSE(admin_.reading([&](Tx& tx) { return groups::get(tx, group_id); }).notification);
}

TEST_F(Inventory, mail_settings_keep_their_password_until_the_user_goes) {
  domain::MailSettings settings{"from@example.com", "smtp.example.com", 587, "user", "sealed", std::nullopt};
  admin_.write([&](Tx& tx) { mail_settings::set(tx, settings); });
  settings.auth_password.reset();
  settings.port = 25;
  admin_.write([&](Tx& tx) { mail_settings::set(tx, settings); });
  EXPECT_FALSE(admin_.reading([](Tx& tx) { return mail_settings::find(tx); })->auth_password.has_value());
  Database mail(test_.settings_as("certfleet_mail"));
  auto found = mail.reading([](Tx& tx) { return mail_settings::get_with_secrets(tx); });
  EXPECT_EQ(found->auth_password, "sealed");
  EXPECT_EQ(found->port, 25);
  settings.auth_user.reset();
  admin_.write([&](Tx& tx) { mail_settings::set(tx, settings); });
  EXPECT_FALSE(
      mail.reading([](Tx& tx) { return mail_settings::get_with_secrets(tx); })->auth_password.has_value());
}

TEST_F(Inventory, a_ca_account_in_another_directory_is_another_account) {
  domain::CaAccount account;
  account.name = "ca";
  account.directory_url = "https://ca.example.com/dir";
  account.id = admin_.writing([&](Tx& tx) { return ca_accounts::add(tx, account); });
  Database order(test_.settings_as("certfleet_order"));
  EXPECT_TRUE(
      order.writing([&](Tx& tx) { return ca_accounts::record_account_key(tx, account.id, "first"); }));
  EXPECT_FALSE(
      order.writing([&](Tx& tx) { return ca_accounts::record_account_key(tx, account.id, "second"); }));
  order.write(
      [&](Tx& tx) { ca_accounts::record_account_url(tx, account.id, "https://ca.example.com/acct/1"); });
  account.contact = "admin@example.com";
  admin_.write([&](Tx& tx) { ca_accounts::update(tx, account); });
  EXPECT_EQ(order.reading([&](Tx& tx) { return ca_accounts::get_with_secrets(tx, account.id); }).account_key,
            "first");
  account.directory_url = "https://other.example.com/dir";
  admin_.write([&](Tx& tx) { ca_accounts::update(tx, account); });
  auto found = order.reading([&](Tx& tx) { return ca_accounts::get_with_secrets(tx, account.id); });
  EXPECT_FALSE(found.account_key.has_value());
  EXPECT_FALSE(found.account_url.has_value());
}

TEST_F(Inventory, settings_refuse_an_unknown_time_zone) {
  admin_.write([](Tx& tx) { settings::update(tx, {"proxy.example.com:8080", "Asia/Tokyo", "en"}); });
  EXPECT_EQ(admin_.reading([](Tx& tx) { return settings::get(tx); }).time_zone, "Asia/Tokyo");
  auto wrong = [&] {
    admin_.write([](Tx& tx) { settings::update(tx, {std::nullopt, "Asia/Tokio", "en"}); });
  };
  EXPECT_EQ(fault_of(wrong), Fault::usage);
}

TEST_F(Inventory, one_sealing_key_is_active) {
  EXPECT_EQ(fault_of([&] { owner_.read([](Tx& tx) { sealing_keys::active(tx); }); }), Fault::not_found);
  owner_.write([](Tx& tx) { sealing_keys::add(tx, {"aaaa", std::string(32, '\1'), true}); });
  owner_.write([](Tx& tx) { sealing_keys::add(tx, {"bbbb", std::string(32, '\2'), true}); });
  EXPECT_EQ(admin_.reading([](Tx& tx) { return sealing_keys::active(tx); }).public_key,
            std::string(32, '\2'));
  EXPECT_EQ(admin_.reading([](Tx& tx) { return sealing_keys::list(tx); }).size(), 2U);
}

class Users : public Inventory {
 protected:
  const std::string name_ = "somebody" + std::to_string(::getpid()) + "@example.com";
  ~Users() override { test_.sql("DROP ROLE IF EXISTS \"" + name_ + "\""); }
};

TEST_F(Users, a_user_is_a_role_of_the_database) {
  domain::User user{{}, name_, "viewer", "desk 4", true, {}};
  user.id = owner_.writing([&](Tx& tx) { return users::add(tx, user, "pass'word"); });
  EXPECT_EQ(test_.sql("SELECT rolpassword ~ '^SCRAM-SHA-256' FROM pg_authid WHERE rolname = '" + name_ + "'"),
            "t");
  Database person(test_.settings_as("'" + name_ + "'"));
  EXPECT_EQ(person.reading([](Tx& tx) { return users::list(tx); }).size(), 2U);
  EXPECT_EQ(fault_of([&] { person.write([](Tx& tx) { sites::add(tx, {{}, "mine"}); }); }), Fault::denied);
  user.role = "admin";
  owner_.write([&](Tx& tx) { users::update(tx, user); });
  person.write([](Tx& tx) { sites::add(tx, {{}, "mine"}); });
  owner_.write([&](Tx& tx) { users::remove(tx, user.name); });
  EXPECT_EQ(test_.sql("SELECT count(*) FROM pg_roles WHERE rolname = '" + name_ + "'"), "0");
}

// However many there are, few are looked at: the neighbours and what is one mistake away.
TEST_F(Inventory, near_names_among_thousands_come_without_reading_all) {
  auto near = [&](const std::string& wrong, const std::vector<std::string>& guesses) {
    return owner_.reading([&](Tx& tx) { return names::near_to(tx, "service", wrong, guesses); });
  };
  auto has = [](const std::vector<std::string>& names, const char* name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  test_.sql("INSERT INTO certfleet.user_group (name) VALUES ('many');"
            "INSERT INTO certfleet.service (name, group_id, common_name) SELECT 's' || i, g.id, 'x.example.com'"
            " FROM generate_series(1001, 1400) i, certfleet.user_group g WHERE g.name = 'many'");
  EXPECT_EQ(near("zzz", {}).size(), 400U) << "all while they are few";
  test_.sql("INSERT INTO certfleet.service (name, group_id, common_name) SELECT 's' || i, g.id, 'x.example.com'"
            " FROM generate_series(1401, 9000) i, certfleet.user_group g WHERE g.name = 'many'");
  auto found = near("s5000x", {"x5000", "s7777"});
  EXPECT_TRUE(has(found, "s5000")) << "its neighbour";
  EXPECT_TRUE(has(found, "s7777")) << "a guess";
  EXPECT_FALSE(has(found, "x5000"));
  EXPECT_LE(found.size(), 41U);
}

}  // namespace
}  // namespace certfleet::store
