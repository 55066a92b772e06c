// Services: one certificate line through time, with how its next key is made (manual 7.2, 8.5).
#pragma once

#include "lib/domain/inventory.h"
#include "lib/store/transaction.h"

namespace certfleet::store::services {

domain::Service get(Tx& tx, ServiceId id);  // with its key spec; Failure(not_found)
std::optional<domain::Service> find(Tx& tx, std::string_view name);
std::vector<domain::Service> list(Tx& tx);  // by name

ServiceId add(Tx& tx, const domain::Service& service);  // Failure(conflict): the name is taken
void update(Tx& tx, const domain::Service& service);    // a key spec that is none is removed
void remove(Tx& tx, ServiceId id);                      // with all that hangs on it

}  // namespace certfleet::store::services
