#include "lib/pki/chain.h"

#include <gtest/gtest.h>

#include "lib/pki/limits.h"
#include "lib/pki/pem.h"
#include "tests/support/failure.h"
#include "tests/support/issuer/issuer.h"

namespace certfleet::pki {
namespace {

using certfleet::testing::expect_says;
using certfleet::testing::failure_of;
using certfleet::testing::Issuer;
using certfleet::testing::self_signed;

// root → upper → lower → leaf; and another root that has nothing to do with them.
struct Family {
  PrivateKey key = PrivateKey::generate(KeyAlgorithm::ecdsa_p256);
  Issuer root = Issuer::root("Root");
  Issuer upper = root.intermediate("Upper");
  Issuer lower = upper.intermediate("Lower");
  Issuer stranger = Issuer::root("Stranger");
  Certificate leaf =
      lower.issue({.common_name = "www.a.test", .sans = {"DNS:www.a.test", "DNS:b.test"}}, key);
};

const Family& family() {
  static const Family one;
  return one;
}

std::string joined(std::vector<Certificate> certificates) {
  std::string pem;
  for (const auto& each : certificates) pem += each.pem();
  return pem;
}

Failure refusal(int trace_id, const std::function<void()>& call) {
  auto failure = failure_of(call);
  EXPECT_EQ(failure.fault(), Fault::usage);
  EXPECT_EQ(failure.trace_id(), trace_id) << failure.what();
  return failure;
}

TEST(Chain, any_order_of_the_file_makes_the_same_chain) {
  const auto& f = family();
  std::vector<Certificate> all = {f.leaf, f.lower.certificate(), f.upper.certificate(), f.root.certificate()};
  std::vector<std::size_t> order = {0, 1, 2, 3};
  do {
    std::string pem;
    for (auto i : order) pem += all[i].pem();
    auto chain = order_chain(pem);
    EXPECT_EQ(chain.leaf, f.leaf);
    EXPECT_EQ(chain.intermediates, (std::vector{f.lower.certificate(), f.upper.certificate()}));
    EXPECT_EQ(chain.root, f.root.certificate());
    EXPECT_EQ(chain.full_pem(), joined({f.leaf, f.lower.certificate(), f.upper.certificate()}));
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(Chain, the_root_may_be_left_out_and_a_leaf_may_stand_alone) {
  const auto& f = family();
  auto chain = order_chain(joined({f.lower.certificate(), f.leaf}));
  EXPECT_EQ(chain.intermediates_pem(), f.lower.certificate().pem());
  EXPECT_FALSE(chain.root);
  auto alone = order_chain(f.leaf.pem());
  EXPECT_TRUE(alone.intermediates.empty());
  EXPECT_EQ(alone.intermediates_pem(), "");
}

TEST(Chain, a_self_signed_certificate_is_a_leaf_not_a_root) {
  auto own = self_signed({.common_name = "www.a.test", .ca = true}, family().key);
  auto chain = order_chain(own.pem());
  EXPECT_EQ(chain.leaf, own);
  EXPECT_FALSE(chain.root);
}

TEST(Chain, a_cross_signed_root_counts_as_an_intermediate) {
  const auto& f = family();
  auto cross = f.stranger.cross_signed(f.root);
  auto chain = order_chain(
      joined({f.leaf, f.lower.certificate(), f.upper.certificate(), cross, f.stranger.certificate()}));
  EXPECT_EQ(chain.intermediates.back(), cross);
  EXPECT_EQ(chain.root, f.stranger.certificate());
}

TEST(Chain, a_doubled_certificate_is_refused) {
  const auto& f = family();
  auto failure = refusal(1659, [&] {
    order_chain(joined({f.leaf, f.lower.certificate(), f.lower.certificate()}));
  });
  expect_says(failure, "comes twice");
  expect_says(failure, "CN=Lower");
  refusal(1659, [&] { order_chain(joined({f.leaf, f.leaf})); });
}

TEST(Chain, an_unrelated_certificate_is_refused) {
  const auto& f = family();
  auto failure = refusal(1659, [&] {
    order_chain(joined({f.leaf, f.lower.certificate(), f.stranger.certificate()}));
  });
  expect_says(failure, "CN=Stranger");
  auto other_leaf = f.lower.issue_for("c.test", f.key);
  refusal(1659, [&] { order_chain(joined({f.leaf, other_leaf, f.lower.certificate()})); });
}

TEST(Chain, a_chain_with_a_gap_is_refused) {
  const auto& f = family();
  refusal(1659, [&] { order_chain(joined({f.leaf, f.upper.certificate()})); });
  refusal(1659, [&] { order_chain(joined({f.leaf, f.lower.certificate(), f.root.certificate()})); });
}

TEST(Chain, two_ways_up_are_not_one_chain) {
  const auto& f = family();
  auto cross = f.stranger.cross_signed(f.root);
  std::vector all = {f.leaf, f.lower.certificate(), f.upper.certificate(), f.root.certificate(), cross};
  refusal(1659, [&] { order_chain(joined(all)); });
}

TEST(Chain, the_same_name_with_another_key_is_not_the_issuer) {
  const auto& f = family();
  refusal(1659, [&] { order_chain(joined({f.leaf, f.upper.intermediate("Lower").certificate()})); });
}

TEST(Chain, a_certificate_that_may_not_sign_is_not_an_issuer) {
  const auto& f = family();
  auto no_ca = f.upper.issue({.common_name = "Lower"}, f.lower.key());
  refusal(1659, [&] { order_chain(joined({f.leaf, no_ca})); });
}

TEST(Chain, certificates_that_sign_each_other_are_refused) {
  const auto& f = family();
  refusal(1659, [&] {
    order_chain(joined({f.stranger.cross_signed(f.root), f.root.cross_signed(f.stranger)}));
  });
}

TEST(Chain, files_that_hold_anything_else_are_refused) {
  const auto& f = family();
  expect_says(refusal(28, [&] { order_chain(""); }), "no certificate");
  expect_says(refusal(28, [&] { order_chain(f.leaf.der()); }), "no certificate");
  auto with_key = f.leaf.pem() + std::string(f.key.to_pem().view());
  expect_says(refusal(28, [&] { order_chain(with_key); }), "PRIVATE KEY");
  expect_says(refusal(28, [&] { order_chain(f.leaf.pem() + to_pem("CERTIFICATE", "x")); }), "damaged");
}

TEST(Chain, more_certificates_than_the_limit_are_refused) {
  std::vector<Issuer> cas;
  cas.push_back(Issuer::root("CA 0"));
  while (cas.size() < chain_certificates_max)
    cas.push_back(cas.back().intermediate("CA " + std::to_string(cas.size())));
  std::string pem;
  for (const auto& each : cas) pem += each.certificate().pem();
  EXPECT_EQ(order_chain(pem).intermediates.size(), chain_certificates_max - 2);
  auto leaf = cas.back().issue_for("a.test", family().key);
  expect_says(refusal(28, [&] { order_chain(pem + leaf.pem()); }), "11 certificates");
  expect_says(refusal(28, [&] { order_chain(leaf.pem(), pem); }), "11 certificates");
  std::string many;
  for (int i = 0; i < 40; ++i) many += leaf.pem();
  expect_says(refusal(28, [&] { order_chain(many); }), "more than 32 blocks");
}

TEST(Chain, certificate_and_intermediates_may_come_in_two_files) {
  const auto& f = family();
  auto chain = order_chain(f.leaf.pem(), joined({f.upper.certificate(), f.lower.certificate()}));
  EXPECT_EQ(chain.leaf, f.leaf);
  EXPECT_EQ(chain.intermediates, (std::vector{f.lower.certificate(), f.upper.certificate()}));
  EXPECT_TRUE(order_chain(f.leaf.pem(), " \n").intermediates.empty());
}

TEST(Chain, the_first_of_two_files_holds_one_certificate_the_leaf) {
  const auto& f = family();
  auto both = joined({f.leaf, f.lower.certificate()});
  refusal(1660, [&] { order_chain(both, f.upper.certificate().pem()); });
  auto failure = refusal(1659, [&] { order_chain(f.lower.certificate().pem(), f.leaf.pem()); });
  expect_says(failure, "given as the server's certificate");
  refusal(1659, [&] { order_chain(f.leaf.pem(), both); });
}

TEST(Fits, a_certificate_with_the_expected_names_and_key_passes) {
  const auto& f = family();
  auto chain = order_chain(f.leaf.pem());
  EXPECT_NO_THROW(check_fits(chain, {.common_name = "WWW.a.test", .sans = {}}));
  EXPECT_NO_THROW(check_fits(chain, {.common_name = "www.a.test",
                                     .sans = {"B.test"},
                                     .key = &f.key,
                                     .registered_spki_sha256 = f.key.spki_sha256()}));
}

TEST(Fits, another_common_name_is_refused) {
  auto chain = order_chain(family().leaf.pem());
  auto failure = refusal(1652, [&] { check_fits(chain, {.common_name = "b.test", .sans = {}}); });
  expect_says(failure, "www.a.test");
  expect_says(failure, "b.test");
}

TEST(Fits, a_wildcard_is_not_the_name_it_covers) {
  const auto& f = family();
  auto chain = order_chain(f.lower.issue_for("*.a.test", f.key).pem());
  refusal(1652, [&] { check_fits(chain, {.common_name = "www.a.test", .sans = {}}); });
  EXPECT_NO_THROW(check_fits(chain, {.common_name = "*.a.test", .sans = {}}));
}

TEST(Fits, without_a_common_name_the_alternative_names_decide) {
  const auto& f = family();
  auto chain = order_chain(f.lower.issue({.common_name = "", .sans = {"DNS:www.a.test"}}, f.key).pem());
  EXPECT_NO_THROW(check_fits(chain, {.common_name = "www.a.test", .sans = {}}));
  refusal(1652, [&] { check_fits(chain, {.common_name = "b.test", .sans = {}}); });
}

TEST(Fits, a_missing_further_name_is_refused) {
  auto chain = order_chain(family().leaf.pem());
  auto failure = refusal(1652, [&] { check_fits(chain, {.common_name = "www.a.test", .sans = {"c.test"}}); });
  expect_says(failure, "c.test");
}

TEST(Fits, a_key_that_does_not_fit_is_refused) {
  const auto& f = family();
  auto chain = order_chain(f.leaf.pem());
  refusal(1651, [&] { check_fits(chain, {.common_name = "www.a.test", .sans = {}, .key = &f.root.key()}); });
}

TEST(Fits, a_registered_key_that_does_not_fit_is_refused) {
  const auto& f = family();
  auto chain = order_chain(f.leaf.pem());
  Expected expected{
      .common_name = "www.a.test", .sans = {}, .registered_spki_sha256 = f.root.key().spki_sha256()};
  refusal(1656, [&] { check_fits(chain, expected); });
}

}  // namespace
}  // namespace certfleet::pki
