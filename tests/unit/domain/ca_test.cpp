// CA accounts, organisations and applicants (manual 8.1 to 8.3): the limits, at each and just past it.
#include "lib/domain/ca.h"

#include <gtest/gtest.h>

#include "lib/base/error.h"

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

CaAccount digicert() {
  CaAccount account;
  account.name = "digicert";
  account.kind = "digicert";
  account.api_url = certcentral_url;
  return account;
}

CaAccount acme() {
  CaAccount account;
  account.name = "ca";
  account.directory_url = "https://ca.example.com/directory";
  return account;
}

TEST(CaAccounts, an_api_is_reached_over_https) {
  EXPECT_EQ(refusal(digicert()), "");
  for (const auto* bad : {"", "http://www.digicert.com/services/v2", "https://", "https://digi cert", "https://日本"}) {
    auto account = digicert();
    account.api_url = bad;
    EXPECT_TRUE(refusal(account).starts_with("API URL: ")) << bad;
  }
  auto account = digicert();
  account.api_url = "https://ca.example.com/v2/";
  EXPECT_EQ(checked(account).api_url, "https://ca.example.com/v2") << "paths are put behind it";
}

TEST(CaAccounts, an_address_has_2048_bytes_at_most) {
  auto account = digicert();
  account.api_url = "https://" + std::string(2040, 'a');
  EXPECT_EQ(refusal(account), "");
  account.api_url += "a";
  EXPECT_EQ(refusal(account), "API URL: has 2049 bytes, 2048 are allowed");
}

TEST(CaAccounts, each_kind_has_its_own_fields_only) {
  auto account = digicert();
  account.directory_url = "https://ca.example.com/directory";
  EXPECT_NE(refusal(account), "");
  account = digicert();
  account.contact = "a@example.com";
  EXPECT_NE(refusal(account), "");
  account = acme();
  account.api_url = certcentral_url;
  EXPECT_NE(refusal(account), "");
  account = acme();
  account.api_key = "sealed";
  EXPECT_NE(refusal(account), "");
  account = acme();
  account.kind = "other";
  EXPECT_EQ(refusal(account), "kind of CA: unknown value \"other\"");
}

TEST(CaAccounts, an_api_key_is_a_word_of_512_bytes_at_most) {
  EXPECT_NO_THROW(check_api_key(std::string(512, 'K')));
  for (const auto& bad : {std::string(513, 'K'), std::string(), std::string("two words"), std::string("a\nb"),
                          std::string("鍵"), std::string("a\x7f")})
    EXPECT_THROW(check_api_key(bad), Failure) << bad.size();
}

TEST(Organizations, a_number_is_1_to_18_digits) {
  for (const auto& good : {std::string("1"), std::string(18, '9')}) {
    Organization organization{{}, "Example", good, ""};
    EXPECT_EQ(refusal(organization), "");
  }
  for (const auto& bad : {std::string(), std::string(19, '9'), std::string("12a"), std::string("-1"),
                          std::string("１２"), std::string("1 2")}) {
    Organization organization{{}, "Example", bad, ""};
    EXPECT_TRUE(refusal(organization).starts_with("organisation number: ")) << bad;
  }
}

TEST(Organizations, a_note_is_free_up_to_64_KiB) {
  Organization organization{{}, "Example", "1", "一行目\n\t" + std::string(64 * 1024 - 11, 'x')};
  EXPECT_EQ(organization.note.size(), 64U * 1024);
  EXPECT_EQ(refusal(organization), "");
  organization.note += "x";
  EXPECT_EQ(refusal(organization), "note: has 65537 bytes, 65536 are allowed");
}

Applicant typed() {
  Applicant applicant;
  applicant.name = "web-team";
  applicant.person = {"山田 太郎", "JP",     "100-0001",      "東京都千代田区1-1", "Bldg. 2",
                      "+81 (3) 1234-5678", "部長", "taro@example.com"};
  return applicant;
}

TEST(Applicants, are_a_user_id_or_a_person_but_not_both) {
  EXPECT_EQ(refusal(typed()), "");
  Applicant by_id;
  by_id.name = "web-team";
  by_id.user_id = "4711";
  EXPECT_EQ(refusal(by_id), "");
  auto both = typed();
  both.user_id = "4711";
  EXPECT_EQ(refusal(both), "applicant: has either a user id or a person's data, not both");
  both = by_id;
  both.person.address_2 = "x";
  EXPECT_NE(refusal(both), "");
  Applicant neither;
  neither.name = "web-team";
  EXPECT_EQ(refusal(neither), "person: is needed where no user id is given");
}

TEST(Applicants, a_user_id_is_1_to_18_digits) {
  Applicant applicant;
  applicant.name = "a";
  applicant.user_id = std::string(18, '1');
  EXPECT_EQ(refusal(applicant), "");
  for (const auto& bad : {std::string(), std::string(19, '1'), std::string("u1")}) {
    applicant.user_id = bad;
    EXPECT_TRUE(refusal(applicant).starts_with("user id: ")) << bad;
  }
}

TEST(Applicants, what_a_ca_asks_of_a_contact_is_needed) {
  for (auto field : {&Person::name, &Person::phone, &Person::title, &Person::email}) {
    auto applicant = typed();
    (applicant.person.*field).clear();
    EXPECT_TRUE(refusal(applicant).ends_with("is needed where no user id is given"));
  }
  for (auto field : {&Person::country, &Person::postal_code, &Person::address_1, &Person::address_2}) {
    auto applicant = typed();
    (applicant.person.*field).clear();
    EXPECT_EQ(refusal(applicant), "");
  }
}

TEST(Applicants, each_field_has_its_bytes) {
  struct Limit {
    std::string Person::*field;
    std::size_t bytes;
    const char* what;
  };
  for (const auto& limit :
       {Limit{&Person::name, 128, "person"}, Limit{&Person::postal_code, 16, "postal code"},
        Limit{&Person::address_1, 128, "address 1"}, Limit{&Person::address_2, 128, "address 2"},
        Limit{&Person::phone, 32, "phone"}, Limit{&Person::title, 64, "title"}}) {
    auto applicant = typed();
    applicant.person.*limit.field = std::string(limit.bytes, '1');
    EXPECT_EQ(refusal(applicant), "");
    applicant.person.*limit.field += "1";
    EXPECT_TRUE(refusal(applicant).starts_with(std::string(limit.what) + ": has ")) << limit.what;
  }
  auto applicant = typed();
  applicant.person.title = "部長" + std::string(58, 'x');  // bytes count, not characters: 6 and 58
  EXPECT_EQ(refusal(applicant), "");
  applicant.person.title += "x";
  EXPECT_NE(refusal(applicant), "");
}

TEST(Applicants, a_phone_number_has_digits_and_marks_only) {
  for (const auto* bad : {"abc", "+-()", "０３", "03/1234", "03\t1234"}) {
    auto applicant = typed();
    applicant.person.phone = bad;
    EXPECT_TRUE(refusal(applicant).starts_with("phone: ")) << bad;
  }
}

TEST(Applicants, country_and_mail_address_have_their_forms) {
  for (const auto* bad : {"jp", "J", "JPN", "日本"}) {
    auto applicant = typed();
    applicant.person.country = bad;
    EXPECT_TRUE(refusal(applicant).starts_with("country: ")) << bad;
  }
  auto applicant = typed();
  applicant.person.email = "taro";
  EXPECT_TRUE(refusal(applicant).starts_with("mail address: "));
  applicant = typed();
  applicant.person.postal_code = "〒100";
  EXPECT_TRUE(refusal(applicant).starts_with("postal code: "));
}

}  // namespace
}  // namespace certfleet::domain
