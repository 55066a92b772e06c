// Orders and applies whose job died without its handler's word: its workers vanished again and again. They
// would stay under way for ever; the leading scheduler ends them.
#pragma once

#include "lib/store/transaction.h"

namespace certfleet::store::orphans {

// Ends as failed, with a mail, what is under way and has no live job. Returns how many.
int end(Tx& tx, int rows_max);

}  // namespace certfleet::store::orphans
