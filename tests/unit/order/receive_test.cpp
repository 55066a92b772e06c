#include "workers/order/receive.h"

#include <gtest/gtest.h>

#include "tests/support/failure.h"
#include "tests/support/issuer/issuer.h"

namespace certfleet::order {
namespace {

using namespace std::chrono_literals;
using certfleet::testing::CertificateSpec;
using certfleet::testing::expect_says;
using certfleet::testing::failure_of;
using certfleet::testing::Issuer;

class Receive : public ::testing::Test {
 protected:
  std::string issued(const CertificateSpec& spec, const pki::PrivateKey& key) const {
    return middle_.issue(spec, key).pem() + middle_.certificate().pem();
  }
  CertificateSpec good() const {
    return {.common_name = "shop.test", .sans = {"DNS:shop.test", "DNS:www.shop.test"}};
  }
  void expect_refused(const std::string& pem, std::string_view reason,
                      WallTime now = std::chrono::system_clock::now()) {
    auto failure = failure_of([&] { receive(pem, csr_, now); });
    EXPECT_EQ(failure.fault(), Fault::permanent);
    EXPECT_EQ(failure.trace_id(), 2123);
    expect_says(failure, reason);
  }

  Issuer root_ = Issuer::root("root");
  Issuer middle_ = root_.intermediate("middle");
  pki::PrivateKey key_ = pki::PrivateKey::generate(pki::KeyAlgorithm::ecdsa_p256);
  pki::Csr csr_ = pki::Csr::from_pem(pki::make_csr(key_, {.common_name = "shop.test"}, {"www.shop.test"}));
};

TEST_F(Receive, takes_what_was_ordered) {
  auto chain = receive(issued(good(), key_), csr_, std::chrono::system_clock::now());
  EXPECT_EQ(chain.leaf.common_name(), "shop.test");
  EXPECT_EQ(chain.intermediates.size(), 1U);
}

TEST_F(Receive, refuses_another_key) {
  auto other = pki::PrivateKey::generate(pki::KeyAlgorithm::ecdsa_p256);
  expect_refused(issued(good(), other), "private key does not fit");
}

TEST_F(Receive, refuses_other_or_missing_names) {
  auto spec = good();
  spec.common_name = "other.test";
  expect_refused(issued(spec, key_), "common name is \"other.test\"");
  spec = good();
  spec.sans = {"DNS:shop.test"};
  expect_refused(issued(spec, key_), "lacks the name \"www.shop.test\"");
}

TEST_F(Receive, refuses_what_is_no_chain) {
  expect_refused(issued(good(), key_) + Issuer::root("stranger").certificate().pem(), "chain");
  expect_refused("<html>busy</html>", "no certificate");
}

TEST_F(Receive, refuses_what_is_not_in_force) {
  auto leaf = middle_.issue(good(), key_);
  auto pem = leaf.pem() + middle_.certificate().pem();
  expect_refused(pem, "it has expired", leaf.not_after());
  expect_refused(pem, "it is not in force yet", leaf.not_before() - 2h);
  EXPECT_NO_THROW(receive(pem, csr_, leaf.not_before() - 10min)) << "clocks differ";
}

}  // namespace
}  // namespace certfleet::order
