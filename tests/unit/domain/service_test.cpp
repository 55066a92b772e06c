// Order settings (manual 8.4), products (8.4.3), key specs (8.5) and names in other scripts.
#include "lib/domain/service.h"

#include <gtest/gtest.h>

#include "lib/base/error.h"
#include "lib/domain/idn.h"
#include "lib/pki/limits.h"

namespace certfleet::domain {
namespace {

template <class T>
std::string refusal(const T& value) {
  try {
    checked(value);
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.fault(), Fault::usage) << failure.what();
    return failure.what();
  }
  return "";
}

Service service() {
  Service service;
  service.name = "shop";
  service.common_name = "shop.example.com";
  return service;
}

CaAccount account_of(const std::string& kind) {
  CaAccount account;
  account.name = "ca";
  account.kind = kind;
  return account;
}

TEST(Products, have_the_numbers_of_the_manual_and_a_word_each) {
  const std::pair<const char*, const char*> all[] = {
      {"0", "secure-server-ov"}, {"1", "secure-server-ev"}, {"2", "global-server-ov"},
      {"3", "global-server-ev"}, {"10", "true-businessid"}, {"11", "true-businessid-ev"}};
  for (auto [number, word] : all) {
    auto product = product_from(number);
    ASSERT_TRUE(product.has_value()) << number;
    EXPECT_EQ(product_from(word), product);
    EXPECT_EQ(product_of(std::stoi(number)), product);
    EXPECT_EQ(to_string(*product), word);
    EXPECT_EQ(is_ev(*product), std::string_view(word).ends_with("-ev"));
    EXPECT_NE(title_ja(*product), "");
    EXPECT_NE(title_en(*product), "");
  }
  for (const auto* bad : {"", "4", "9", "12", "-1", "00", "1 ", "secure-server"})
    EXPECT_FALSE(product_from(bad).has_value()) << bad;
}

TEST(OrderSettings, licences_are_1_to_9999) {
  auto value = service();
  for (int good : {1, 9999}) {
    value.order.licences = good;
    EXPECT_EQ(refusal(value), "");
  }
  for (int bad : {0, -1, 10000}) {
    value.order.licences = bad;
    EXPECT_TRUE(refusal(value).starts_with("licences: ")) << bad;
  }
}

TEST(OrderSettings, a_previous_order_is_1_to_18_digits) {
  auto value = service();
  value.order.previous_order = std::string(18, '7');
  EXPECT_EQ(refusal(value), "");
  for (const auto& bad : {std::string(), std::string(19, '7'), std::string("12-34")}) {
    value.order.previous_order = bad;
    EXPECT_TRUE(refusal(value).starts_with("previous order: ")) << bad;
  }
}

TEST(OrderSettings, without_a_ca_account_nothing_is_ordered) {
  auto value = service();
  EXPECT_FALSE(checked(value).order.automatic);
  value.order.ca_account = CaAccountId(1);
  EXPECT_TRUE(checked(value).order.automatic);
  value.order.automatic = false;
  EXPECT_FALSE(checked(value).order.automatic);
}

TEST(OrderSettings, only_an_ev_product_has_an_ev_approver) {
  auto value = service();
  value.order.ev_approver = ApplicantId(1);
  EXPECT_EQ(refusal(value), "EV approver: only an EV product has one");
  for (auto product : all_products) {
    value.order.product = product;
    EXPECT_EQ(refusal(value).empty(), is_ev(product)) << to_string(product);
  }
}

std::string refusal_by(const Service& service, const CaAccount& account) {
  try {
    check_order_settings(service, account);
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.fault(), Fault::usage);
    return failure.what();
  }
  return "";
}

TEST(OrderSettings, certcentral_needs_a_product_and_an_organization) {
  auto value = service();
  value.order.ca_account = CaAccountId(1);
  EXPECT_EQ(refusal_by(value, account_of("digicert")), "service shop: CA account ca needs a product");
  value.order.product = Product::true_businessid;
  EXPECT_EQ(refusal_by(value, account_of("digicert")), "service shop: CA account ca needs an organization");
  value.order.organization = OrganizationId(1);
  EXPECT_EQ(refusal_by(value, account_of("digicert")), "");
  EXPECT_EQ(refusal_by(service(), account_of("acme")), "");
  auto off = service();
  off.order.automatic = false;
  EXPECT_EQ(refusal_by(off, account_of("digicert")), "") << "what is missing may be added before it is turned on";
}

TEST(OrderSettings, an_ev_certificate_has_no_wildcard) {
  auto value = service();
  value.order.organization = OrganizationId(1);
  value.order.product = Product::global_server_ev;
  EXPECT_EQ(refusal_by(value, account_of("digicert")), "");
  value.sans = {"*.example.com"};
  EXPECT_NE(refusal_by(value, account_of("digicert")), "");
  value.sans.clear();
  value.common_name = "*.example.com";
  EXPECT_NE(refusal_by(value, account_of("digicert")), "");
  value.order.product = Product::global_server_ov;
  EXPECT_EQ(refusal_by(value, account_of("digicert")), "");
}

TEST(OrderSettings, an_order_depends_on_names_key_and_settings_but_not_on_the_service_s_own_name) {
  auto before = service();
  auto after = before;
  after.name = "store";
  after.enabled = false;
  after.separate_chain = true;
  after.group = GroupId(2);
  EXPECT_FALSE(orders_differently(before, after));
  after = before;
  after.sans = {"www.example.com"};
  EXPECT_TRUE(orders_differently(before, after));
  after = before;
  after.key_spec.emplace();
  EXPECT_TRUE(orders_differently(before, after));
  after = before;
  after.order.licences = 2;
  EXPECT_TRUE(orders_differently(before, after));
}

TEST(KeySpecs, a_mail_address_is_ascii) {
  KeySpec spec;
  spec.email = "管理者@example.com";
  EXPECT_EQ(refusal(spec), "key mail address: only ASCII letters, digits and marks are allowed");
}

TEST(KeySpecs, a_prefecture_counts_bytes_and_not_characters) {
  KeySpec spec;
  for (int i = 0; i < 42; ++i) spec.state += "県";  // 126 bytes
  spec.state += "ab";
  EXPECT_EQ(refusal(spec), "");
  spec.state += "c";
  EXPECT_EQ(refusal(spec), "state: has 129 bytes, 128 are allowed");
}

TEST(Names, in_another_script_are_stored_as_a_labels) {
  auto value = service();
  value.common_name = "ショップ.例え.jp";
  value.sans = {"*.例え.jp", "WWW.例え.JP", "faß.de", "www.例え.jp", "例え。jp"};
  value = checked(value);
  EXPECT_EQ(value.common_name, "xn--xckya1d0c.xn--r8jz45g.jp");
  EXPECT_EQ(value.sans, (std::vector<std::string>{"*.xn--r8jz45g.jp", "www.xn--r8jz45g.jp", "xn--fa-hia.de",
                                                  "xn--r8jz45g.jp"}));
  EXPECT_EQ(u_labels(value.common_name), "ショップ.例え.jp");
  EXPECT_EQ(u_labels("*.xn--r8jz45g.jp"), "*.例え.jp");
}

TEST(Names, that_idna_does_not_allow_are_refused) {
  for (const auto* bad : {"☃.example.com", "-例え.jp", "ab--例え.jp", "xn--n3h.example.com", "xn--0.example.com", "例え jp",
                          "*例え.jp", "例え..jp", "a_b.例え.jp"}) {
    auto value = service();
    value.common_name = bad;
    EXPECT_NE(refusal(value), "") << bad;
  }
}

TEST(Names, a_common_name_has_64_bytes_in_its_stored_form) {
  auto value = service();
  value.common_name = std::string(64 - 16, 'a') + ".xn--r8jz45g.jp";
  ASSERT_EQ(value.common_name.size(), 63U);
  value.common_name = std::string(49, 'a') + ".例え.jp";
  EXPECT_EQ(checked(value).common_name.size(), 64U);
  value.common_name = "a" + value.common_name;
  EXPECT_NE(refusal(value), "");
}

TEST(Names, a_certificate_has_250_of_them_at_most) {
  auto value = service();
  for (std::size_t i = 1; i < pki::sans_max; ++i) value.sans.push_back("n" + std::to_string(i) + ".例え.jp");
  EXPECT_EQ(refusal(value), "");
  value.sans.emplace_back("one.more.jp");
  EXPECT_NE(refusal(value), "");
}

TEST(Names, that_can_not_be_read_are_shown_as_they_are) {
  for (const auto* odd : {"xn--0.example.com", "xn--n3h.com", "shop.example.com", "xn--", ""})
    EXPECT_EQ(u_labels(odd), odd);
}

}  // namespace
}  // namespace certfleet::domain
