// Notification tables: which events are mailed, to whom, under what title and text (manual 6.7).
#pragma once

#include "lib/domain/inventory.h"
#include "lib/store/transaction.h"

namespace certfleet::store::notifications {

domain::NotificationTable get(Tx& tx, NotificationId id);  // Failure(not_found)
std::optional<domain::NotificationTable> find(Tx& tx, std::string_view name);
std::vector<domain::NotificationTable> list(Tx& tx);  // by name

// The table of the service's group; none if the group has none.
std::optional<domain::NotificationTable> of_service(Tx& tx, ServiceId service);

NotificationId add(Tx& tx, const domain::NotificationTable& table);  // Failure(conflict): the name is taken
void update(Tx& tx, const domain::NotificationTable& table);
void remove(Tx& tx, NotificationId id);  // groups that used it have none afterwards

}  // namespace certfleet::store::notifications
