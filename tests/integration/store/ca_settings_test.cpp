// What orders need, on a real database, as an administrator (manual 8.1 to 8.4).
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "lib/base/error.h"
#include "lib/pki/csr.h"
#include "lib/pki/key.h"
#include "lib/store/applicants.h"
#include "lib/store/ca_accounts.h"
#include "lib/store/csrs.h"
#include "lib/store/groups.h"
#include "lib/store/orders.h"
#include "lib/store/organizations.h"
#include "lib/store/revisions.h"
#include "lib/store/services.h"
#include "tests/support/database/database.h"
#include "tests/support/eventually.h"

namespace certfleet::store {
namespace {

using Kind = domain::ApplicantKind;
using revisions::Table;

struct Refusal {
  Fault fault = Fault::stale;
  std::string what;
};

Refusal refusal(const std::function<void()>& body) {
  try {
    body();
  } catch (const Failure& failure) {
    return {failure.fault(), failure.what()};
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

class CaSettings : public ::testing::Test {
 protected:
  CaSettings() : owner_(test_.settings()), admin_(test_.settings_as_admin()) {
    admin_.write([&](Tx& tx) {
      group_ = groups::add(tx, {{}, "web", {}});
      domain::CaAccount account;
      account.name = "acme";
      account.directory_url = "https://ca.example.com/dir";
      acme_ = ca_accounts::add(tx, account);
      account = {};
      account.name = "digicert";
      account.kind = "digicert";
      account.api_url = "https://ca.example.com/v2";
      account.api_key = "sealed";
      digicert_ = ca_accounts::add(tx, account);
      organization_ = organizations::add(tx, {{}, "Example K.K.", "123456", "備考\n二行目"});
    });
  }

  domain::Service service(const std::string& name) const {
    domain::Service service;
    service.name = name;
    service.group = group_;
    service.common_name = name + ".example.com";
    service.order.ca_account = acme_;
    service.key_spec.emplace();
    return service;
  }
  domain::Service added(domain::Service service) {
    service.id = admin_.writing([&](Tx& tx) { return services::add(tx, service); });
    return service;
  }
  void update(const domain::Service& service) {
    admin_.write([&](Tx& tx) { services::update(tx, service); });
  }
  std::int64_t revision(Table table, std::int64_t id) {
    return owner_.reading([&](Tx& tx) { return revisions::of(tx, table, id); });
  }

  certfleet::testing::TestDatabase test_;
  Database owner_;
  Database admin_;
  GroupId group_;
  CaAccountId acme_, digicert_;
  OrganizationId organization_;
};

TEST_F(CaSettings, an_organization_comes_back_as_it_was_stored) {
  auto found = admin_.reading([&](Tx& tx) { return organizations::find(tx, "Example K.K."); });
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->number, "123456");
  EXPECT_EQ(found->note, "備考\n二行目");
  found->number = "654321";
  admin_.write([&](Tx& tx) { organizations::update(tx, *found); });
  EXPECT_EQ(admin_.reading([&](Tx& tx) { return organizations::get(tx, organization_); }).number, "654321");
  auto twice = [&] { admin_.write([](Tx& tx) { organizations::add(tx, {{}, "Example K.K.", "1", ""}); }); };
  EXPECT_EQ(refusal(twice).fault, Fault::conflict);
  admin_.write([&](Tx& tx) { organizations::remove(tx, organization_); });
  EXPECT_TRUE(admin_.reading([](Tx& tx) { return organizations::list(tx); }).empty());
}

TEST_F(CaSettings, applicants_and_ev_approvers_are_kept_apart) {
  domain::Applicant typed;
  typed.name = "team";
  typed.person = {"Taro Yamada", "JP", "100-0001", "Tokyo", "Bldg. 2", "+81-3", "Manager", "t@example.com"};
  domain::Applicant by_id;
  by_id.name = "team";
  by_id.user_id = "4711";
  admin_.write([&](Tx& tx) {
    typed.id = applicants::add(tx, Kind::applicant, typed);
    by_id.id = applicants::add(tx, Kind::ev_approver, by_id);
  });
  auto found = admin_.reading([](Tx& tx) { return applicants::find(tx, Kind::applicant, "team"); });
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->person.address_2, "Bldg. 2");
  EXPECT_EQ(found->person.phone, "+81-3");
  EXPECT_FALSE(found->user_id.has_value());
  EXPECT_EQ(admin_.reading([](Tx& tx) { return applicants::list(tx, Kind::ev_approver); }).at(0).user_id, "4711");
  admin_.write([&](Tx& tx) { applicants::remove(tx, Kind::applicant, typed.id); });
  EXPECT_TRUE(admin_.reading([](Tx& tx) { return applicants::find(tx, Kind::ev_approver, "team"); }).has_value());
}

TEST_F(CaSettings, the_database_itself_keeps_an_applicant_to_one_of_the_two) {
  for (auto kind : {Kind::applicant, Kind::ev_approver}) {
    domain::Applicant both;
    both.name = "both";
    both.user_id = "1";
    both.person.title = "Manager";
    EXPECT_EQ(refusal([&] { admin_.write([&](Tx& tx) { applicants::add(tx, kind, both); }); }).fault, Fault::usage);
    domain::Applicant neither;
    neither.name = "neither";
    EXPECT_EQ(refusal([&] { admin_.write([&](Tx& tx) { applicants::add(tx, kind, neither); }); }).fault,
              Fault::usage);
  }
}

TEST_F(CaSettings, an_api_key_is_for_the_order_worker_only) {
  auto seen = admin_.reading([&](Tx& tx) { return ca_accounts::get(tx, digicert_); });
  EXPECT_TRUE(seen.api_key_set);
  EXPECT_FALSE(seen.api_key.has_value());
  EXPECT_FALSE(admin_.reading([&](Tx& tx) { return ca_accounts::get(tx, acme_); }).api_key_set);
  EXPECT_EQ(
      refusal([&] { admin_.read([&](Tx& tx) { ca_accounts::get_with_secrets(tx, digicert_); }); }).fault,
      Fault::denied);
  Database order(test_.settings_as("certfleet_order"));
  EXPECT_EQ(order.reading([&](Tx& tx) { return ca_accounts::get_with_secrets(tx, digicert_); }).api_key, "sealed");
}

TEST_F(CaSettings, an_api_key_stays_until_another_is_given_and_follows_no_new_address) {
  auto account = admin_.reading([&](Tx& tx) { return ca_accounts::get(tx, digicert_); });
  account.name = "renamed";
  admin_.write([&](Tx& tx) { ca_accounts::update(tx, account); });
  Database order(test_.settings_as("certfleet_order"));
  auto key = [&] {
    return order.reading([&](Tx& tx) { return ca_accounts::get_with_secrets(tx, digicert_); }).api_key;
  };
  EXPECT_EQ(key(), "sealed");
  account.api_url = "https://elsewhere.example.com/v2";
  auto moved = refusal([&] { admin_.write([&](Tx& tx) { ca_accounts::update(tx, account); }); });
  EXPECT_EQ(moved.fault, Fault::usage);
  EXPECT_NE(moved.what.find("needs its API key again"), std::string::npos) << moved.what;
  account.api_key = "";  // as an import without the key's line has it
  EXPECT_EQ(refusal([&] { admin_.write([&](Tx& tx) { ca_accounts::update(tx, account); }); }).what, moved.what);
  EXPECT_EQ(key(), "sealed");
  account.api_key = "second";
  admin_.write([&](Tx& tx) { ca_accounts::update(tx, account); });
  EXPECT_EQ(key(), "second");
  account.kind = "acme";
  EXPECT_EQ(refusal([&] { admin_.write([&](Tx& tx) { ca_accounts::update(tx, account); }); }).fault, Fault::usage);
}

// Manual 8.1.3: CertCentral answers nobody without one.
TEST_F(CaSettings, a_digicert_account_has_its_api_key) {
  domain::CaAccount account;
  account.name = "keyless";
  account.kind = "digicert";
  account.api_url = "https://ca.example.com/v2";
  for (const auto& key : {std::optional<std::string>(), std::optional<std::string>("")}) {
    account.api_key = key;
    auto refused = refusal([&] { admin_.write([&](Tx& tx) { ca_accounts::add(tx, account); }); });
    EXPECT_EQ(refused.fault, Fault::usage);
    EXPECT_EQ(refused.what, "CA account keyless: a DigiCert account needs its API key");
  }
  account = admin_.reading([&](Tx& tx) { return ca_accounts::get(tx, digicert_); });
  account.api_key = "";
  EXPECT_EQ(refusal([&] { admin_.write([&](Tx& tx) { ca_accounts::update(tx, account); }); }).what,
            "CA account digicert: a DigiCert account needs its API key");
}

TEST_F(CaSettings, order_settings_come_back_as_they_were_stored) {
  auto shop = service("shop");
  admin_.write([&](Tx& tx) {
    domain::Applicant person;
    person.name = "id";
    person.user_id = "1";
    shop.order.applicant = applicants::add(tx, Kind::applicant, person);
    shop.order.ev_approver = applicants::add(tx, Kind::ev_approver, person);
  });
  shop.order.ca_account = digicert_;
  shop.order.product = domain::Product::true_businessid_ev;
  shop.order.licences = 3;
  shop.order.previous_order = "112233";
  shop.order.organization = organization_;
  shop.order.csr_source = domain::CsrSource::stored;
  shop = added(shop);
  EXPECT_EQ(admin_.reading([&](Tx& tx) { return services::get(tx, shop.id); }).order, shop.order);
  shop.order = {};
  shop.order.automatic = false;
  shop.order.licences = 9999;
  update(shop);
  EXPECT_EQ(admin_.reading([&](Tx& tx) { return services::get(tx, shop.id); }).order, shop.order);
}

TEST_F(CaSettings, nobody_stores_a_service_that_its_ca_would_not_take) {
  auto shop = service("shop");
  shop.order.ca_account = digicert_;
  EXPECT_EQ(refusal([&] { added(shop); }).what, "service shop: CA account digicert needs a product");
  shop.order.product = domain::Product::secure_server_ov;
  shop.order.organization = organization_;
  shop = added(shop);
  shop.order.organization = {};
  EXPECT_EQ(refusal([&] { update(shop); }).what, "service shop: CA account digicert needs an organization");
}

TEST_F(CaSettings, what_is_referred_to_stays_and_says_by_whom) {
  domain::Applicant person;
  person.name = "id";
  person.user_id = "1";
  ApplicantId applicant, approver;
  admin_.write([&](Tx& tx) {
    applicant = applicants::add(tx, Kind::applicant, person);
    approver = applicants::add(tx, Kind::ev_approver, person);
  });
  for (const auto* name : {"a", "b", "c", "d", "e"}) {
    auto each = service(name);
    each.order.product = domain::Product::secure_server_ev;
    each.order.organization = organization_;
    each.order.applicant = applicant;
    each.order.ev_approver = approver;
    added(each);
  }
  auto says = [&](const std::function<void(Tx&)>& remove, const std::string& what) {
    auto refused = refusal([&] { admin_.write(remove); });
    EXPECT_EQ(refused.fault, Fault::conflict);
    EXPECT_EQ(refused.what, what + " is still in use by a, b, c and 2 more");
  };
  says([&](Tx& tx) { ca_accounts::remove(tx, acme_); }, "CA account acme");
  says([&](Tx& tx) { organizations::remove(tx, organization_); }, "organization Example K.K.");
  says([&](Tx& tx) { applicants::remove(tx, Kind::applicant, applicant); }, "applicant id");
  says([&](Tx& tx) { applicants::remove(tx, Kind::ev_approver, approver); }, "EV approver id");
  admin_.write([&](Tx& tx) { ca_accounts::remove(tx, digicert_); });
}

TEST_F(CaSettings, a_ca_account_that_has_orders_says_whose) {
  auto shop = added(service("shop"));
  admin_.write([&](Tx& tx) { orders::schedule(tx, shop.id, std::chrono::system_clock::now()); });
  admin_.write([&](Tx& tx) { orders::cancel(tx, shop.id); });
  shop.order.ca_account = {};
  update(shop);
  EXPECT_EQ(refusal([&] { admin_.write([&](Tx& tx) { ca_accounts::remove(tx, acme_); }); }).what,
            "CA account acme is still in use by shop");
}

TEST_F(CaSettings, while_an_order_is_under_way_nothing_that_it_depends_on_changes) {
  auto shop = added(service("shop"));
  admin_.write([&](Tx& tx) {
    orders::schedule(tx, shop.id, std::chrono::system_clock::now() + std::chrono::hours(1));
  });
  shop.order.licences = 2;
  update(shop);  // an order that waits for its time is not yet under way
  admin_.write([&](Tx& tx) { orders::start_now(tx, shop.id, true); });
  const std::function<void(domain::Service&)> changes[] = {
      [](auto& s) { s.order.licences = 3; }, [](auto& s) { s.order.automatic = false; },
      [](auto& s) { s.common_name = "other.example.com"; }, [](auto& s) { s.sans = {"www.example.com"}; },
      [](auto& s) { s.key_spec->algorithm = "rsa-4096"; }, [](auto& s) { s.key_spec.reset(); }};
  for (const auto& change : changes) {
    auto changed = shop;
    change(changed);
    auto refused = refusal([&] { update(changed); });
    EXPECT_EQ(refused.fault, Fault::conflict);
    EXPECT_NE(refused.what.find("has an order under way"), std::string::npos) << refused.what;
  }
  shop.name = "store";
  shop.separate_chain = true;
  update(shop);
  owner_.write([&](Tx& tx) {
    auto live = orders::live_of(tx, shop.id);
    ASSERT_TRUE(live.has_value());
    orders::end(tx, live->id, orders::End::failed, "refused");
  });
  shop.order.licences = 3;
  update(shop);
}

TEST_F(CaSettings, a_service_that_is_set_to_make_no_orders_makes_none) {
  auto shop = service("shop");
  shop.order.automatic = false;
  shop = added(shop);
  auto refused = refusal([&] { admin_.write([&](Tx& tx) { orders::start_now(tx, shop.id, true); }); });
  EXPECT_EQ(refused.what, "the service shop is set to make no orders");
  shop.order.automatic = true;
  update(shop);
  admin_.write([&](Tx& tx) { orders::start_now(tx, shop.id, true); });
}

TEST_F(CaSettings, a_service_orders_with_its_stored_csr_if_it_is_set_to) {
  auto shop = service("shop");
  shop.key_spec.reset();
  shop.order.csr_source = domain::CsrSource::stored;
  shop = added(shop);
  auto start = [&] { admin_.write([&](Tx& tx) { orders::start_now(tx, shop.id, true); }); };
  EXPECT_EQ(refusal(start).what, "the service shop has no stored CSR to order with");
  auto key = pki::PrivateKey::generate(pki::KeyAlgorithm::ecdsa_p256);
  auto csr_for = [&](const std::string& name) { return pki::make_csr(key, {name, "", "", "", "", "", ""}, {}); };
  admin_.write([&](Tx& tx) { csrs::add(tx, shop.id, {}, csr_for("other.example.com")); });
  EXPECT_EQ(refusal(start).what, "the stored CSR of the service shop is for other.example.com and not for"
                                 " shop.example.com");
  auto csr = admin_.writing([&](Tx& tx) { return csrs::add(tx, shop.id, {}, csr_for("shop.example.com")); });
  start();
  auto live = admin_.reading([&](Tx& tx) { return orders::live_of(tx, shop.id); });
  ASSERT_TRUE(live.has_value());
  EXPECT_EQ(live->csr, csr);
}

TEST_F(CaSettings, a_scheduler_starts_orders_with_stored_csrs_too) {
  auto shop = service("shop");
  shop.order.csr_source = domain::CsrSource::stored;
  shop = added(shop);
  auto key = pki::PrivateKey::generate(pki::KeyAlgorithm::ecdsa_p256);
  admin_.write([&](Tx& tx) {
    csrs::add(tx, shop.id, {}, pki::make_csr(key, {"shop.example.com", "", "", "", "", "", ""}, {}));
    orders::schedule(tx, shop.id, std::chrono::system_clock::now() - std::chrono::hours(1));
  });
  Database scheduler(test_.settings_as("certfleet_scheduler"));
  EXPECT_EQ(scheduler.writing([](Tx& tx) { return orders::start_due(tx, 10); }), 1);
  EXPECT_EQ(admin_.reading([&](Tx& tx) { return orders::live_of(tx, shop.id); })->state, "started");
}

TEST_F(CaSettings, a_disabled_service_is_not_ordered_and_waits_when_it_was_scheduled) {
  auto shop = added(service("shop"));
  admin_.write([&](Tx& tx) { orders::schedule(tx, shop.id, std::chrono::system_clock::now()); });
  shop.enabled = false;
  update(shop);
  EXPECT_EQ(refusal([&] { admin_.write([&](Tx& tx) { orders::start_now(tx, shop.id, true); }); }).what,
            "the service shop is disabled");
  Database scheduler(test_.settings_as("certfleet_scheduler"));
  scheduler.writing([](Tx& tx) { return orders::start_due(tx, 10); });
  auto live = admin_.reading([&](Tx& tx) { return orders::live_of(tx, shop.id); });
  ASSERT_TRUE(live.has_value());
  EXPECT_EQ(live->state, "scheduled");
  EXPECT_EQ(live->error, std::nullopt) << "nobody looks after it";
  EXPECT_EQ(test_.sql("SELECT concat_ws(' ', code, args[1]) FROM certfleet.trace"),
            "2111 the service shop is disabled");
  EXPECT_EQ(test_.sql("SELECT count(*) FROM certfleet.mail"), "0");
}

// Revisions --------------------------------------------------------------------------------------------------

TEST_F(CaSettings, a_revision_counts_what_people_change) {
  EXPECT_EQ(revision(Table::organization, organization_.value()), 1);
  admin_.write([&](Tx& tx) { organizations::update(tx, {organization_, "New", "1", ""}); });
  EXPECT_EQ(revision(Table::organization, organization_.value()), 2);
  admin_.write([&](Tx& tx) { organizations::update(tx, {organization_, "New", "1", ""}); });
  EXPECT_EQ(revision(Table::organization, organization_.value()), 2) << "nothing was changed";
  test_.sql("UPDATE certfleet.organization SET revision = 99");
  EXPECT_EQ(revision(Table::organization, organization_.value()), 3) << "nobody sets it";
}

TEST_F(CaSettings, a_revision_does_not_count_what_daemons_note) {
  auto shop = added(service("shop")).id;
  auto before = revision(Table::service, shop.value());
  admin_.write([&](Tx& tx) { orders::start_now(tx, shop, true); });
  EXPECT_EQ(test_.sql("SELECT order_state FROM certfleet.service"), "started");
  Database order(test_.settings_as("certfleet_order"));
  order.write([&](Tx& tx) {
    ca_accounts::record_account_key(tx, acme_, "key");
    ca_accounts::record_account_url(tx, acme_, "https://ca.example.com/1");
    orders::end(tx, orders::live_of(tx, shop)->id, orders::End::failed, "x");
  });
  EXPECT_EQ(test_.sql("SELECT order_state FROM certfleet.service"), "failed");
  EXPECT_EQ(revision(Table::service, shop.value()), before);
  EXPECT_EQ(revision(Table::ca_account, acme_.value()), 1);
  auto account = admin_.reading([&](Tx& tx) { return ca_accounts::get(tx, digicert_); });
  account.api_key = "second";
  admin_.write([&](Tx& tx) { ca_accounts::update(tx, account); });
  EXPECT_EQ(revision(Table::ca_account, digicert_.value()), 2) << "a new key is a change";
  account.api_key.reset();
  admin_.write([&](Tx& tx) { ca_accounts::update(tx, account); });
  EXPECT_EQ(revision(Table::ca_account, digicert_.value()), 2);
}

TEST_F(CaSettings, a_key_spec_is_part_of_its_service) {
  auto shop = added(service("shop"));
  auto before = revision(Table::service, shop.id.value());
  shop.key_spec->state = "東京都";
  update(shop);
  EXPECT_EQ(revision(Table::service, shop.id.value()), before + 1);
  update(shop);
  EXPECT_EQ(revision(Table::service, shop.id.value()), before + 1);
}

TEST_F(CaSettings, whoever_edits_at_the_same_time_waits_and_sees_the_other_s_change) {
  auto shop = added(service("shop"));
  Database second(test_.settings_as_admin());
  std::jthread other;
  admin_.write([&](Tx& tx) {
    auto seen = revisions::lock(tx, Table::service, shop.id.value());
    other = std::jthread([&, seen] {
      second.write([&](Tx& theirs) {
        EXPECT_EQ(revisions::lock(theirs, Table::service, shop.id.value()), seen + 1);
        EXPECT_EQ(services::get(theirs, shop.id).common_name, "mine.example.com");
      });
    });
    // The other one stands at the lock before this goes on.
    EXPECT_TRUE(certfleet::testing::eventually(std::chrono::seconds(20), [&] {
      return test_.sql("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                       " AND wait_event_type = 'Lock'") == "1";
    }));
    shop.common_name = "mine.example.com";
    services::update(tx, shop);
  });
  other.join();
}

TEST_F(CaSettings, a_row_that_is_gone_has_no_revision) {
  EXPECT_EQ(refusal([&] { admin_.read([](Tx& tx) { revisions::of(tx, Table::service, 4711); }); }).fault,
            Fault::not_found);
  EXPECT_EQ(admin_.reading([](Tx& tx) { return revisions::of(tx, Table::settings, 0); }), 1);
}

TEST_F(CaSettings, an_audit_tells_of_what_people_did_and_not_of_what_followed) {
  auto shop = added(service("shop"));
  test_.sql("TRUNCATE certfleet.audit");
  shop.key_spec->state = "東京都";
  update(shop);
  admin_.write([&](Tx& tx) { orders::start_now(tx, shop.id, true); });
  EXPECT_EQ(test_.sql("SELECT string_agg(action || ' ' || table_name, ', ' ORDER BY id) FROM certfleet.audit"),
            "UPDATE key_spec, INSERT ca_order");
  EXPECT_EQ(test_.sql("SELECT count(*) FROM certfleet.audit WHERE before::text || after::text LIKE '%7365616c6564%'"),
            "0");
}

}  // namespace
}  // namespace certfleet::store
