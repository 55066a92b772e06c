// The batch runs: made when their set time has come, by whichever scheduler leads.
#pragma once

#include "lib/store/transaction.h"

namespace certfleet::store::batch_runs {

// Makes a part of each run that is due; what a large run touches is spread over as many calls as it needs. The
// row of the schedule is held, and advanced in the same transaction that enqueues the run's work: so a run is
// made at most once, however many schedulers try, and once if any lives; one that was missed is made once and
// not as often as it was missed.
//
//   expiry-scan  a job verify.expiry
//   verify       a job verify.node for each enabled node that is verified
//   orders       an order, due now, for each enabled service with a CA account whose certificate ends within the
//                schedule's days, unless one is live or one has failed or was cancelled within the last week
//   applies      an apply, due now, for each enabled node that had one before and does not have its service's newest
//                certificate, unless one is live or one of this certificate has failed or was cancelled within
//                the last week
//
// Returns how many runs it worked on.
int make_due(Tx& tx, int rows_max);

}  // namespace certfleet::store::batch_runs
