// The settings of the whole installation: one row (manual 6.2).
#pragma once

#include "lib/domain/inventory.h"
#include "lib/store/transaction.h"

namespace certfleet::store::settings {

domain::Settings get(Tx& tx);
void update(Tx& tx, const domain::Settings& settings);

}  // namespace certfleet::store::settings
