// Accesses: how to log in to a node (manual 9.1.6).
#pragma once

#include "lib/domain/inventory.h"
#include "lib/store/transaction.h"

namespace certfleet::store::accesses {

domain::Access get(Tx& tx, AccessId id);               // the sealed fields stay empty; Failure(not_found)
domain::Access get_with_secrets(Tx& tx, AccessId id);  // for the apply worker
std::optional<domain::Access> find(Tx& tx, std::string_view name);
std::vector<domain::Access> list(Tx& tx);  // by name

AccessId add(Tx& tx, const domain::Access& access);  // Failure(conflict): the name is taken
// A sealed field that is none stays as it is; an empty one is removed. An access keeps a way to log in: Failure(usage)
// without.
void update(Tx& tx, const domain::Access& access);
// Failure(usage) unless it has, as it stands now, what the nodes need that use it (domain::require_access_for). The
// database asks the same at the end of a transaction that changes one of the two, with the same words; who asks before
// knows which of his changes it was.
void require_fit(Tx& tx, AccessId id);
void remove(Tx& tx, AccessId id);  // Failure(conflict): nodes use it

}  // namespace certfleet::store::accesses
