// Services (manual 7.2) with how their keys are made (8.5) and how they are ordered (8.4), and the rules of all
// that. checked() throws Failure(usage) that names the field and the limit.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/id.h"
#include "lib/domain/ca.h"
#include "lib/domain/product.h"

namespace certfleet::domain {

// 8.5; the limits are in lib/pki/limits.h. Country, state, city and organisation may be left out, as a CA that
// validates domains only wants none of them.
struct KeySpec {
  std::string algorithm = "rsa-2048";  // rsa-2048, rsa-4096, ecdsa-p256, ecdsa-p384
  std::string country;
  std::string state;
  std::string locality;
  std::string organization;
  std::string unit;
  std::string email;

  bool operator==(const KeySpec&) const = default;
};

KeySpec checked(KeySpec spec);

enum class CsrSource {
  at_order,  // key and CSR are made when the order starts (8.6.1.4)
  stored,    // the newest CSR that the service holds
};
std::string_view to_string(CsrSource source);  // "at_order", "stored"
std::optional<CsrSource> csr_source_from(std::string_view text);

inline constexpr int licences_max = 9999;

// 8.4. Product, licences, previous order, organization and applicants are what CertCentral asks for; an ACME
// account takes no notice of them.
struct OrderSettings {
  bool automatic = true;   // 7.2.8; counts only with a CA account
  CaAccountId ca_account;  // 0: none, and then nothing is ordered
  std::optional<Product> product;
  int licences = 1;
  std::optional<std::string> previous_order;  // the CA's number of it: digits
  OrganizationId organization;                // 0: none
  ApplicantId applicant;                      // 0: as registered at the CA
  ApplicantId ev_approver;                    // 0: as registered at the CA
  CsrSource csr_source = CsrSource::at_order;

  bool operator==(const OrderSettings&) const = default;
};

struct Service {
  ServiceId id;
  std::string name;
  GroupId group;
  bool enabled = true;
  std::string common_name;
  std::vector<std::string> sans;  // without the common name
  bool separate_chain = false;
  OrderSettings order;
  std::optional<KeySpec> key_spec;
};

// With its key spec, and with its order settings as far as they can be judged without the CA account. Names may
// come in any script, and are stored as A-labels (lib/domain/idn.h).
Service checked(Service service);

// What the CA of the service wants to know, once there is one: CertCentral a product and an organisation, and for
// an EV product no wildcard. Failure(usage) that names what is missing.
void check_order_settings(const Service& service, const CaAccount& account);

// True if the two differ in what an order depends on: it must not change while an order is under way (8.6.2).
bool orders_differently(const Service& before, const Service& after);

}  // namespace certfleet::domain
