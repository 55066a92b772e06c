// Certificates that pass a threshold of their expiry (manual 6.7.1, 12.2.1): told in the log, and mailed if the
// notification table of the service's group asks for it.
#pragma once

#include "lib/store/transaction.h"

namespace certfleet::store::expiry_events {

// Looks at the newest certificate of each enabled service and at the threshold that it is past: one event for one
// certificate and threshold, for ever. A threshold that was passed unseen (the certificate came late, or nobody
// looked for weeks) is not told of any more once the next one is passed. Does at most `rows_max` of each; to be
// called until it returns 0.
int raise(Tx& tx, int rows_max);

}  // namespace certfleet::store::expiry_events
