// What service add and service set take (manual 7.2, 8.4, 8.5), from the command line into a service.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "admin-cli/commands.h"
#include "admin-cli/context.h"
#include "lib/domain/service.h"

namespace certfleet::cli {

// None: leave it as it is.
struct ServiceFields {
  std::optional<std::string> common_name;
  std::optional<std::vector<std::string>> sans;
  std::optional<std::string> group;
  std::optional<bool> enabled;
  std::optional<bool> separate_chain;
  // 8.5
  std::optional<std::string> algorithm, country, state, locality, organization, unit, email;
  // 8.4
  std::optional<bool> auto_order;
  std::optional<std::string> ca_account, product, previous_order, ca_organization, applicant, ev_approver, csr;
  std::optional<int> licences;
};

// What only set takes: to have none of it.
struct ServiceRemovals {
  bool sans = false, ca_account = false, key = false, product = false, previous_order = false;
  bool ca_organization = false, applicant = false, ev_approver = false;
};

void declare_service_fields(Verb& verb, ServiceFields& fields);
void declare_service_removals(Verb& verb, ServiceRemovals& removals);  // after the fields

// What needs no look at other rows. The key spec exists from the first of its options on.
void take_own_fields(const Context& context, domain::Service& service, const ServiceFields& fields);
// All of them. Failure(not_found) with near names for what they name.
void take_service_fields(const Context& context, store::Tx& tx, domain::Service& service, const ServiceFields& fields);
void take_service_removals(domain::Service& service, const ServiceRemovals& removals);

}  // namespace certfleet::cli
