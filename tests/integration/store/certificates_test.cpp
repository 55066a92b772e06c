// The two generations of a service on a real database, as the order worker stores them (manual 7.2.7, 8.6.3).
#include "lib/store/certificates.h"

#include <gtest/gtest.h>

#include <future>

#include "lib/store/orders.h"
#include "tests/support/database/database.h"
#include "tests/support/eventually.h"
#include "tests/support/issuer/issuer.h"

namespace certfleet::store {
namespace {

using certificates::Place;

const ServiceId shop(1);

class Certificates : public ::testing::Test {
 protected:
  Certificates() {
    test_.sql(
        "INSERT INTO user_group (name) VALUES ('web');"
        "INSERT INTO ca_account (name, kind, directory_url) VALUES ('ca', 'acme', 'https://ca.test/dir');"
        "INSERT INTO service (name, group_id, common_name, ca_account_id) VALUES ('shop', 1, 'shop.test', "
        "1)");
  }

  pki::Chain chain(const std::string& not_after) {
    testing::CertificateSpec spec{.common_name = "shop.test", .sans = {"DNS:shop.test"}};
    spec.not_after = not_after + "0101000000Z";
    return {middle_.issue(spec, key_), {middle_.certificate()}, {}};
  }
  // A key with its CSR, as an order has it; returns the key.
  KeyPairId key_of_order(const std::string& state) {
    auto ended = state == "started" ? "NULL" : "now()";
    test_.sql(
        "INSERT INTO key_pair (service_id, algorithm, spki_sha256, key_sealed) VALUES (1, 'x', 'y', 'z')");
    test_.sql("INSERT INTO csr (service_id, key_pair_id, pem) SELECT 1, max(id), 'pem' FROM key_pair");
    test_.sql("INSERT INTO ca_order (service_id, ca_account_id, state, csr_id, ended_at) SELECT 1, 1, '" +
              state + "', max(id), " + ended + " FROM csr");
    return KeyPairId(std::stol(test_.sql("SELECT max(id) FROM key_pair")));
  }
  Place store(const pki::Chain& chain, KeyPairId key = {}) {
    return worker_.writing([&](Tx& tx) { return certificates::store_issued(tx, shop, chain, key, {}); });
  }
  std::vector<domain::StoredCertificate> held() {
    return worker_.reading([](Tx& tx) { return certificates::list(tx, shop); });
  }
  std::string keys() { return test_.sql("SELECT string_agg(id::text, ' ' ORDER BY id) FROM key_pair"); }

  certfleet::testing::TestDatabase test_;
  Database worker_{test_.settings_as("certfleet_order")};
  testing::Issuer root_ = testing::Issuer::root("root");
  testing::Issuer middle_ = root_.intermediate("middle");
  pki::PrivateKey key_ = pki::PrivateKey::generate(pki::KeyAlgorithm::ecdsa_p256);
};

TEST_F(Certificates, the_first_two_fill_the_slots) {
  auto first = chain("2031");
  EXPECT_EQ(store(first).slot, 1);
  auto second = store(chain("2032"));
  EXPECT_EQ(second.slot, 2);
  EXPECT_FALSE(second.replaced);
  auto id = held().back().id;
  auto kept = worker_.reading([&](Tx& tx) { return certificates::get(tx, id); });
  EXPECT_EQ(kept.serial, first.leaf.serial());
  EXPECT_EQ(kept.sha256, first.leaf.sha256());
  EXPECT_EQ(kept.common_name, "shop.test");
  EXPECT_EQ(kept.not_after, first.leaf.not_after());
  EXPECT_EQ(kept.leaf_pem, first.leaf.pem());
  EXPECT_EQ(kept.chain_pem, middle_.certificate().pem());
}

TEST_F(Certificates, a_third_one_replaces_the_one_that_expires_sooner) {
  store(chain("2033"));
  auto sooner = store(chain("2031"));
  auto third = store(chain("2032"));
  EXPECT_EQ(third.slot, sooner.slot);
  ASSERT_TRUE(third.replaced);
  EXPECT_EQ(third.replaced->id, sooner.id);
  EXPECT_EQ(held().size(), 2U);
}

TEST_F(Certificates, the_newest_is_the_one_that_expires_last) {
  EXPECT_FALSE(worker_.reading([](Tx& tx) { return certificates::current(tx, shop); }));
  auto longest = store(chain("2035"));
  store(chain("2034"));
  EXPECT_EQ(worker_.reading([](Tx& tx) { return certificates::current(tx, shop); })->id, longest.id);
}

TEST_F(Certificates, the_very_same_certificate_again_is_no_third_one) {
  auto one = chain("2031");
  auto first = store(one);
  store(chain("2032"));
  auto again = store(one);
  EXPECT_TRUE(again.renewed);
  EXPECT_EQ(again.id, first.id);
  EXPECT_EQ(held().size(), 2U);
}

TEST_F(Certificates, the_key_of_the_replaced_one_goes_when_nothing_uses_it) {
  store(chain("2031"), key_of_order("issued"));
  auto shared = key_of_order("issued");
  store(chain("2032"), shared);
  EXPECT_EQ(keys(), "1 2");
  store(chain("2033"), shared);
  EXPECT_EQ(keys(), "2");
  store(chain("2034"), shared);
  EXPECT_EQ(keys(), "2") << "another certificate uses it";
}

TEST_F(Certificates, keys_of_ended_orders_go_and_those_of_live_ones_stay) {
  key_of_order("failed");
  auto key = key_of_order("issued");
  key_of_order("started");
  test_.sql(
      "INSERT INTO key_pair (service_id, algorithm, spki_sha256, key_sealed) VALUES (1, 'x', 'y', 'z')");
  test_.sql("INSERT INTO csr (service_id, key_pair_id, pem) VALUES (1, 4, 'made to be ordered elsewhere')");
  store(chain("2031"), key);
  EXPECT_EQ(keys(), "2 3 4");
}

TEST_F(Certificates, two_that_are_stored_at_once_get_a_slot_each) {
  auto one = chain("2031"), two = chain("2032");
  Database other(test_.settings_as("certfleet_order"));
  std::future<int> second;
  worker_.write([&](Tx& tx) {
    certificates::store_issued(tx, shop, one, {}, {});
    second = std::async(std::launch::async, [&] {
      return other.writing(
          [&](Tx& theirs) { return certificates::store_issued(theirs, shop, two, {}, {}).slot; });
    });
    EXPECT_TRUE(testing::eventually(std::chrono::seconds(5), [&] {
      return test_.sql(
                 "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                 " AND wait_event_type = 'Lock'") == "1";
    })) << "the second one waits for the first";
  });
  EXPECT_EQ(second.get(), 2);
}

}  // namespace
}  // namespace certfleet::store
