// Organisations as the CA has them registered (manual 8.3).
#pragma once

#include "lib/domain/ca.h"
#include "lib/store/transaction.h"

namespace certfleet::store::organizations {

domain::Organization get(Tx& tx, OrganizationId id);  // Failure(not_found)
std::optional<domain::Organization> find(Tx& tx, std::string_view name);
std::vector<domain::Organization> list(Tx& tx);  // by name

OrganizationId add(Tx& tx, const domain::Organization& organization);  // Failure(conflict): the name is taken
void update(Tx& tx, const domain::Organization& organization);
void remove(Tx& tx, OrganizationId id);  // Failure(conflict) naming the services that refer to it

}  // namespace certfleet::store::organizations
