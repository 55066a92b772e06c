// Services: one certificate line through time, with how its next key is made (manual 7.2, 8.5).
#pragma once

#include <span>

#include "lib/domain/inventory.h"
#include "lib/store/transaction.h"

namespace certfleet::store::services {

domain::Service get(Tx& tx, ServiceId id);  // with its key spec; Failure(not_found)
std::optional<domain::Service> find(Tx& tx, std::string_view name);
std::vector<domain::Service> list(Tx& tx);  // by name

// Failure(conflict): the name is taken; (usage): the CA account needs what is not set (domain::check_order_settings).
ServiceId add(Tx& tx, const domain::Service& service);
// A key spec that is none is removed. Failures as of add, and (conflict) if names, key spec or order settings change
// while an order is under way (manual 8.6.2).
void update(Tx& tx, const domain::Service& service);
void remove(Tx& tx, ServiceId id);                      // with all that hangs on it

// Several at once, for imports: get_all leaves out what is not there, and the others are refused whole, without a word
// on which service is to blame.
std::vector<domain::Service> get_all(Tx& tx, const std::vector<std::int64_t>& ids);
std::vector<ServiceId> add_all(Tx& tx, std::span<const domain::Service> services);
void update_all(Tx& tx, std::span<const domain::Service> services);

}  // namespace certfleet::store::services
