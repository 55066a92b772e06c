// The limits of the manual: at each, and just past it.
#include "lib/domain/checks.h"

#include <gtest/gtest.h>

#include "lib/base/error.h"
#include "lib/domain/settings.h"

namespace certfleet::domain {
namespace {

template <class T>
bool refused(const T& value) {
  try {
    checked(value);
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.fault(), Fault::usage) << failure.what();
    return true;
  }
  return false;
}

Service service() {
  Service service;
  service.name = "shop";
  service.common_name = "shop.example.com";
  return service;
}

std::string host_of(std::size_t bytes) {  // "aaa….example.com"
  return std::string(bytes - 12, 'a') + ".example.com";
}

TEST(Checks, a_common_name_has_64_bytes_at_most) {
  auto value = service();
  value.common_name = host_of(64);
  EXPECT_FALSE(refused(value));
  value.common_name = host_of(65);
  EXPECT_TRUE(refused(value));
}

TEST(Checks, names_are_stored_in_lower_case_and_once) {
  auto value = service();
  value.common_name = "Shop.Example.COM";
  value.sans = {"WWW.example.com", "www.example.com", "shop.example.com"};
  value = checked(value);
  EXPECT_EQ(value.common_name, "shop.example.com");
  EXPECT_EQ(value.sans, std::vector<std::string>{"www.example.com"});
}

TEST(Checks, a_name_is_a_line_of_128_bytes_at_most) {
  auto value = service();
  value.name = std::string(128, 'x');
  EXPECT_FALSE(refused(value));
  value.name = std::string(129, 'x');
  EXPECT_TRUE(refused(value));
  value.name = "サービス" + std::string(116, 'x');  // bytes count, not characters: 12 and 116
  EXPECT_FALSE(refused(value));
  value.name += "x";
  EXPECT_TRUE(refused(value));
  for (const auto* name : {"", " shop", "shop ", "sh\nop", "sh\x1bop"}) {
    value.name = name;
    EXPECT_TRUE(refused(value)) << name;
  }
}

TEST(Checks, subject_fields_have_the_bytes_of_the_manual) {
  auto at = [](std::string KeySpec::*field, std::size_t bytes) {
    KeySpec spec;
    spec.*field = std::string(bytes, 'x');
    return refused(spec);
  };
  EXPECT_FALSE(at(&KeySpec::state, 128));
  EXPECT_TRUE(at(&KeySpec::state, 129));
  EXPECT_FALSE(at(&KeySpec::locality, 128));
  EXPECT_TRUE(at(&KeySpec::locality, 129));
  EXPECT_FALSE(at(&KeySpec::organization, 64));
  EXPECT_TRUE(at(&KeySpec::organization, 65));
  EXPECT_FALSE(at(&KeySpec::unit, 64));
  EXPECT_TRUE(at(&KeySpec::unit, 65));
  KeySpec spec;
  spec.email = std::string(60, 'a') + "@" + host_of(63) + ".jp";
  spec.email = std::string(128 - host_of(60).size() - 1, 'a') + "@" + host_of(60);
  EXPECT_FALSE(refused(spec));
  spec.email = "a" + spec.email;
  EXPECT_TRUE(refused(spec));
}

TEST(Checks, city_organisation_and_unit_are_ascii_and_the_prefecture_is_free) {
  KeySpec spec;
  spec.state = "東京都";
  EXPECT_FALSE(refused(spec));
  for (auto field : {&KeySpec::locality, &KeySpec::organization, &KeySpec::unit}) {
    KeySpec wrong;
    wrong.*field = "千代田区";
    EXPECT_TRUE(refused(wrong));
  }
  for (const auto* country : {"jp", "J", "JPN", "日本", "1P"}) {
    KeySpec wrong;
    wrong.country = country;
    EXPECT_TRUE(refused(wrong)) << country;
  }
  KeySpec wrong;
  wrong.algorithm = "rsa-1024";
  EXPECT_TRUE(refused(wrong));
}

TEST(Checks, a_mail_address_is_one_address) {
  for (const auto* good : {"a@example.com", "first.last+tag@sub.example.co.jp", "root@localhost"})
    EXPECT_NO_THROW(check_mail_address(good, {"メール", "mail"})) << good;
  for (const auto* bad : {"", "a", "@example.com", "a@", "a@b@c.com", "a b@example.com", "a@exa mple.com",
                          "a@example.com,b@example.com", "あ@example.com", "a@example.com\nBcc: x@y.com"})
    EXPECT_THROW(check_mail_address(bad, {"メール", "mail"}), Failure) << bad;
}

TEST(Checks, five_recipients_of_each_field) {
  NotificationTable table;
  table.name = "standard";
  table.to = std::vector<std::string>(5, "a@example.com");
  table.cc = table.to;
  EXPECT_FALSE(refused(table));
  table.cc.emplace_back("f@example.com");
  EXPECT_TRUE(refused(table));
  table.cc.clear();
  table.title = "two\r\nlines";
  EXPECT_TRUE(refused(table));
}

Node node() {
  Node node;
  node.name = "web1";
  node.verify = {VerifyMode::address, "192.0.2.1", 443, "shop.example.com"};
  node.apache = {"/etc/ssl/shop.crt", "/etc/ssl/shop.key", std::nullopt, "/var/lib/work", "apachectl"};
  return node;
}

TEST(Checks, paths_of_a_node_have_no_blanks_and_no_wide_characters) {
  EXPECT_FALSE(refused(node()));
  for (const auto* path :
       {"", "etc/shop.crt", "/etc/my certs/shop.crt", "/etc/証明書.crt", "/etc/../shop.crt"}) {
    auto wrong = node();
    wrong.apache.cert_file = path;
    EXPECT_TRUE(refused(wrong)) << path;
  }
  auto same = node();
  same.apache.key_file = same.apache.cert_file;
  EXPECT_TRUE(refused(same));
}

TEST(Checks, a_check_by_url_asks_for_the_name_of_the_url) {
  auto value = node();
  value.verify = {VerifyMode::url, "WWW.example.com", 443, std::nullopt};
  EXPECT_EQ(checked(value).verify.name, "www.example.com");
  value.verify.host = "https://www.example.com/";
  EXPECT_TRUE(refused(value));
  value.verify.host = "192.0.2.1";
  EXPECT_TRUE(refused(value));
}

TEST(Checks, a_host_key_is_a_fingerprint) {
  Access access;
  access.name = "web1";
  access.address = "2001:db8::1";
  access.login_id = "deploy";
  access.host_key = "SHA256:" + std::string(43, 'A');
  EXPECT_FALSE(refused(access));
  for (auto bad : {std::string("MD5:00:11"), "SHA256:" + std::string(42, 'A'),
                   "SHA256:" + std::string(44, 'A'), "SHA256:" + std::string(42, 'A') + "="}) {
    access.host_key = bad;
    EXPECT_TRUE(refused(access)) << bad;
  }
}

TEST(Checks, a_directory_is_reached_over_https) {
  CaAccount account;
  account.name = "ca";
  account.directory_url = "https://ca.example.com/directory";
  EXPECT_FALSE(refused(account));
  for (const auto* bad : {"http://ca.example.com", "https://", "ca.example.com", "https://ca example"}) {
    account.directory_url = bad;
    EXPECT_TRUE(refused(account)) << bad;
  }
}

// What is so long is taken, and one byte more is not.
template <class T>
void expect_limit(const char* what, std::size_t limit, const T& valid, void (*set)(T&, std::string),
                  const std::string& ending = "") {
  auto value = valid;
  set(value, std::string(limit - ending.size(), 'x') + ending);
  EXPECT_FALSE(refused(value)) << what << " of " << limit;
  set(value, std::string(limit + 1 - ending.size(), 'x') + ending);
  EXPECT_TRUE(refused(value)) << what << " of " << limit + 1;
}

MailSettings mail_settings() {
  MailSettings settings;
  settings.from_address = "a@example.com";
  settings.host = "smtp.example.com";
  return settings;
}

CaAccount ca_account() {
  CaAccount account;
  account.name = "ca";
  account.directory_url = "https://ca.example.com/directory";
  return account;
}

Organization organization() {
  Organization organization;
  organization.name = "Example K.K.";
  organization.number = "1";
  return organization;
}

Applicant applicant() {
  Applicant applicant;
  applicant.name = "ops";
  applicant.person = {"Taro", "", "", "", "", "1", "Mr", "a@example.com"};
  return applicant;
}

Access access() {
  Access access;
  access.name = "web1";
  access.address = "192.0.2.1";
  access.login_id = "deploy";
  return access;
}

template <class T>
void expect_name_limit(const char* what, const T& valid) {
  expect_limit<T>(what, 128, valid, [](T& value, std::string text) { value.name = std::move(text); });
}

TEST(Limits, names_of_every_noun_have_128_bytes) {
  expect_name_limit("site", Site{{}, "tokyo"});
  expect_name_limit("group", Group{{}, "web", {}});
  NotificationTable table;
  table.name = "standard";
  expect_name_limit("notification table", table);
  expect_name_limit("access", access());
  expect_name_limit("organization", organization());
  expect_name_limit("applicant, EV approver", applicant());
  expect_name_limit("CA account", ca_account());
  EXPECT_NO_THROW(check_name(std::string(128, 'x'), {"企業", "company"}));
  EXPECT_THROW(check_name(std::string(129, 'x'), {"企業", "company"}), Failure);
}

TEST(Limits, a_mail_address_has_254_bytes) {
  const std::string host = "@example.com";
  expect_limit<MailSettings>(
      "sender", 254, mail_settings(), [](MailSettings& to, std::string text) { to.from_address = std::move(text); },
      host);
  NotificationTable table;
  table.name = "standard";
  expect_limit<NotificationTable>(
      "TO", 254, table, [](NotificationTable& to, std::string text) { to.to = {std::move(text)}; }, host);
  expect_limit<NotificationTable>(
      "CC", 254, table, [](NotificationTable& to, std::string text) { to.cc = {std::move(text)}; }, host);
  expect_limit<Applicant>(
      "applicant", 254, applicant(), [](Applicant& to, std::string text) { to.person.email = std::move(text); }, host);
  expect_limit<CaAccount>(
      "ACME contact", 254, ca_account(), [](CaAccount& to, std::string text) { to.contact = std::move(text); }, host);
}

TEST(Limits, an_smtp_user_has_256_bytes_and_need_be_no_mail_address) {
  expect_limit<MailSettings>("SMTP user", 256, mail_settings(),
                             [](MailSettings& to, std::string text) { to.auth_user = std::move(text); });
}

TEST(Limits, certificates_of_a_ca_have_256_KiB) {
  expect_limit<MailSettings>("of mail", 256UL * 1024, mail_settings(),
                             [](MailSettings& to, std::string text) { to.ca_pem = std::move(text); });
  expect_limit<CaAccount>("of a CA account", 256UL * 1024, ca_account(),
                          [](CaAccount& to, std::string text) { to.ca_pem = std::move(text); });
}

// Manual 6.5.4: what is in it is free.
TEST(Limits, a_contact_is_any_text_of_64_KiB) {
  User user;
  user.name = "a@example.com";
  user.contact = "内線 4711\n夜間: 090-0000-0000\n\tops@example.com";
  EXPECT_EQ(checked(user).contact, user.contact);
  expect_limit<User>("contact", 64UL * 1024, user, [](User& to, std::string text) { to.contact = std::move(text); });
}

TEST(Limits, each_path_of_a_node_has_1024_bytes) {
  auto path = [](const char* what, void (*set)(Node&, std::string)) {
    auto value = node();
    set(value, "/" + std::string(1023, 'x'));
    EXPECT_FALSE(refused(value)) << what;
    set(value, "/" + std::string(1024, 'x'));
    EXPECT_TRUE(refused(value)) << what;
  };
  path("certificate", [](Node& node, std::string text) { node.apache.cert_file = std::move(text); });
  path("key", [](Node& node, std::string text) { node.apache.key_file = std::move(text); });
  path("chain", [](Node& node, std::string text) { node.apache.chain_file = std::move(text); });
  path("work folder", [](Node& node, std::string text) { node.apache.work_dir = std::move(text); });
  path("control program", [](Node& node, std::string text) { node.apache.control = std::move(text); });
  expect_limit<Node>("control program by its name", 1024, node(),
                     [](Node& to, std::string text) { to.apache.control = std::move(text); });
}

TEST(Limits, a_profile_and_each_part_of_a_partition_have_255_bytes) {
  Node lb;
  lb.name = "lb1";
  lb.kind = "bigip";
  lb.bigip = {"shop-clientssl", "shop", "Common"};
  expect_limit<Node>("SSL profile", 255, lb, [](Node& to, std::string text) { to.bigip.profile = std::move(text); });
  expect_limit<Node>("partition", 255, lb, [](Node& to, std::string text) { to.bigip.partition = std::move(text); });
  expect_limit<Node>("folder of a partition", 255, lb,
                     [](Node& to, std::string text) { to.bigip.partition = "Common/" + std::move(text); });
}

// As typed, in any script; stored as A-labels.
TEST(Hosts, in_other_scripts_are_taken_wherever_a_host_is_typed) {
  auto value = node();
  value.verify = {VerifyMode::url, "例え.jp", 443, std::nullopt};
  EXPECT_EQ(checked(value).verify.host, "xn--r8jz45g.jp");
  EXPECT_EQ(checked(value).verify.name, "xn--r8jz45g.jp");
  value.verify = {VerifyMode::address, "例え.jp", 443, "ショップ.例え.jp"};
  EXPECT_EQ(checked(value).verify.host, "xn--r8jz45g.jp");
  EXPECT_EQ(checked(value).verify.name, "xn--xckya1d0c.xn--r8jz45g.jp");
  auto login = access();
  login.address = "例え.jp";
  EXPECT_EQ(checked(login).address, "xn--r8jz45g.jp");
  auto mail = mail_settings();
  mail.host = "例え.jp";
  EXPECT_EQ(checked(mail).host, "xn--r8jz45g.jp");
  Settings settings;
  settings.proxy = "例え.jp:8080";
  EXPECT_EQ(checked(settings).proxy, "xn--r8jz45g.jp:8080");
  login.address = "a b.例え.jp";
  EXPECT_TRUE(refused(login));
}

}  // namespace
}  // namespace certfleet::domain
