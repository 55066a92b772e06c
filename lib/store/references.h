// What keeps a row from being removed, by name.
#pragma once

#include <cstdint>
#include <string_view>

#include "lib/base/text.h"
#include "lib/store/transaction.h"

namespace certfleet::store {

// Failure(conflict) that names the first few rows that refer to row `id`, and how many they are in all. `query`
// gives their names, for $1.
void require_unused(Tx& tx, const Text& noun, std::string_view name, std::string_view query, std::int64_t id);

}  // namespace certfleet::store
