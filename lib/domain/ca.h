// Where certificates are ordered and for whom (manual 8.1 to 8.3), as plain values with their rules.
//
// checked() throws Failure(usage) that names the field and the limit, and gives the value back in the form in
// which it is stored.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/id.h"
#include "lib/domain/sealed.h"

namespace certfleet::domain {

// 8.1. `acme` makes its own account key at the first order; `digicert` (CertCentral) has an API key.
struct CaAccount {
  CaAccountId id;
  std::string name;
  std::string kind = "acme";
  std::string directory_url;             // of acme
  std::optional<std::string> contact;    // of acme
  std::optional<std::string> ca_pem;     // trust for the CA's API; none: the system's
  std::optional<Sealed> account_key;     // of acme; only the order worker reads it
  std::optional<std::string> account_url;
  std::string api_url;                   // of digicert
  std::optional<Sealed> api_key;         // of digicert; only the order worker reads it
  bool api_key_set = false;              // what a person may know of it; the database says so
};

// Where CertCentral is unless told otherwise.
inline constexpr std::string_view certcentral_url = "https://www.digicert.com/services/v2";
// Nothing that CertCentral issues is near it.
inline constexpr std::size_t api_key_bytes_max = 512;

CaAccount checked(CaAccount account);
// An API key as it was typed: printable ASCII without blanks, as it goes into a header of HTTP.
void check_api_key(std::string_view key);

// 8.3
struct Organization {
  OrganizationId id;
  std::string name;
  std::string number;  // the organisation's number at the CA: digits
  std::string note;    // free, with line breaks
};

// "設定内容に制限はありません": what a page can hold.
inline constexpr std::size_t note_bytes_max = 64UL * 1024;

Organization checked(Organization organization);

// 8.2: either a user whom the CA knows, or a person's data. Applicants and EV approvers have the same fields and
// are kept apart.
enum class ApplicantKind { applicant, ev_approver };

// The manual gives no limits. These are CertCentral's fields with room: of a contact it wants name, title, phone
// and mail address; the rest may be empty.
inline constexpr std::size_t person_bytes_max = 128;
inline constexpr std::size_t postal_code_bytes_max = 16;
inline constexpr std::size_t address_line_bytes_max = 128;
inline constexpr std::size_t phone_bytes_max = 32;
inline constexpr std::size_t job_title_bytes_max = 64;

struct Person {
  std::string name;
  std::string country;  // two capital letters
  std::string postal_code;
  std::string address_1;
  std::string address_2;
  std::string phone;  // digits, blanks and + - ( ) .
  std::string title;
  std::string email;

  bool empty() const;
};

struct Applicant {
  ApplicantId id;
  std::string name;                    // of the table (8.2.1)
  std::optional<std::string> user_id;  // digits; then `person` is empty
  Person person;
};

Applicant checked(Applicant applicant);

}  // namespace certfleet::domain
