#include "lib/domain/ca.h"

#include <fmt/format.h>

#include "lib/domain/check_text.h"
#include "lib/domain/checks.h"
#include "lib/domain/nouns.h"
#include "lib/pki/limits.h"

namespace certfleet::domain {
namespace {

void check_acme(const CaAccount& account) {
  check_https_url(account.directory_url, {"ディレクトリ URL", "directory URL"});
  if (account.contact) check_mail_address(*account.contact, {"連絡先", "contact"});
  if (!account.api_url.empty() || account.api_key)
    refuse(nouns::ca_account, {"ACME のアカウントには API URL も API キーもありません",
                               "an ACME account has neither API URL nor API key"});
}

void check_digicert(const CaAccount& account) {
  check_https_url(account.api_url, {"API URL", "API URL"});
  if (!account.directory_url.empty() || account.contact)
    refuse(nouns::ca_account, {"DigiCert のアカウントにはディレクトリも連絡先もありません",
                               "a DigiCert account has neither directory nor contact"});
}

constexpr Text person_field{"名前", "person"};
constexpr Text phone_field{"電話番号", "phone"};
constexpr Text title_field{"役職", "title"};
constexpr Text mail_field{"メールアドレス", "mail address"};

void check_phone(std::string_view phone) {
  check_line(phone, phone_bytes_max, phone_field);
  bool digits = false;
  for (char c : phone) {
    bool digit = c >= '0' && c <= '9';
    digits = digits || digit;
    if (!digit && std::string_view("+-() .").find(c) == std::string_view::npos)
      refuse(phone_field,
             {"\"{}\": 数字、空白、+ - ( ) . だけが使えます", "\"{}\": digits, blanks and + - ( ) . are allowed"}, phone);
  }
  if (!digits) refuse(phone_field, {"\"{}\": 数字がありません", "\"{}\": has no digits"}, phone);
}

void check_person(const Person& person) {
  auto needed = [](const std::string& text, const Text& what) {
    if (text.empty())
      refuse(what, {"ユーザーIDを使わないときは必要です", "is needed where no user id is given"});
  };
  needed(person.name, person_field);
  needed(person.phone, phone_field);
  needed(person.title, title_field);
  needed(person.email, mail_field);
  check_line(person.name, person_bytes_max, person_field);
  check_country(person.country, {"国コード", "country"});
  check_ascii(person.postal_code, postal_code_bytes_max, {"郵便番号", "postal code"});
  check_line(person.address_1, address_line_bytes_max, {"住所1", "address 1"});
  check_line(person.address_2, address_line_bytes_max, {"住所2", "address 2"});
  check_phone(person.phone);
  check_line(person.title, job_title_bytes_max, title_field);
  check_mail_address(person.email, mail_field);
}

}  // namespace

CaAccount checked(CaAccount account) {
  check_name(account.name, nouns::ca_account);
  check_one_of(account.kind, {"acme", "digicert"}, {"認証局の種別", "kind of CA"});
  account.kind == "acme" ? check_acme(account) : check_digicert(account);
  if (account.ca_pem && account.ca_pem->size() > pki::pem_bytes_max)
    refuse({"CA 証明書", "CA certificates"}, too_long, account.ca_pem->size(), pki::pem_bytes_max);
  while (account.api_url.ends_with('/')) account.api_url.pop_back();
  return account;
}

void check_api_key(std::string_view key) {
  constexpr Text field{"API キー", "API key"};
  check_ascii(key, api_key_bytes_max, field);
  if (key.empty()) refuse(field, {"空です", "is empty"});
  if (key.find(' ') != std::string_view::npos) refuse(field, {"空白があります", "has a blank"});
}

Organization checked(Organization organization) {
  check_name(organization.name, nouns::organization);
  check_ca_number(organization.number, {"組織番号", "organisation number"});
  if (organization.note.size() > note_bytes_max)
    refuse({"備考", "note"}, too_long, organization.note.size(), note_bytes_max);
  return organization;
}

bool Person::empty() const {
  for (const auto* field : {&name, &country, &postal_code, &address_1, &address_2, &phone, &title, &email})
    if (!field->empty()) return false;
  return true;
}

Applicant checked(Applicant applicant) {
  check_name(applicant.name, nouns::applicant);
  if (!applicant.user_id) {
    check_person(applicant.person);
    return applicant;
  }
  check_ca_number(*applicant.user_id, {"ユーザーID", "user id"});
  if (!applicant.person.empty())
    refuse(nouns::applicant, {"ユーザーIDと個別入力のどちらか一方だけを指定してください",
                              "has either a user id or a person's data, not both"});
  return applicant;
}

}  // namespace certfleet::domain
