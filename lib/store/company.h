// The company: one an installation (manual 2).
#pragma once

#include "lib/domain/people.h"
#include "lib/store/transaction.h"

namespace certfleet::store::company {

std::optional<domain::Company> find(Tx& tx);
CompanyId add(Tx& tx, const domain::Company& company);  // Failure(conflict) if there is one
void update(Tx& tx, const domain::Company& company);

}  // namespace certfleet::store::company
