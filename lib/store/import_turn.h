// Imports go one after another. Each is one transaction that locks what it changes in the order of its document, and
// the server's roles by the way: two at once would wait for each other until the server ends one of them.
#pragma once

#include <chrono>
#include <functional>

#include "lib/store/transaction.h"

namespace certfleet::store {

// Less than a statement of the command may take.
inline constexpr std::chrono::seconds import_turn_max{50};

// Comes back when no other transaction has the turn, and keeps it until this one has ended. Calls `waits` once before
// it waits. Failure(conflict) after `limit`.
void take_import_turn(Tx& tx, const std::function<void()>& waits, std::chrono::seconds limit = import_turn_max);

}  // namespace certfleet::store
