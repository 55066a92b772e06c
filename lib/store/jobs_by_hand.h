// What a person may do to a job.
#pragma once

#include "lib/base/id.h"
#include "lib/store/transaction.h"

namespace certfleet::store::jobs {

// Asks for the end of a job. One that waits is made ready, so that a worker ends it as cancelled without
// running it, or, if its kind has something to put right first (pipeline::Handler::sees_cancelled), after that; one
// that runs hears of it with its worker's next heartbeat. Failure(not_found) if it is not live.
void cancel(Tx& tx, JobId id);

// Sends a dead job again, with its attempts counted anew. Failure(not_found) if there is no dead job of that
// number.
void retry(Tx& tx, JobId id);

// The same for many. What is no longer there is left out; returns how many were. Failure(conflict) if somebody took
// a key in the same moment: try again.
int cancel(Tx& tx, const std::vector<JobId>& ids);
int retry(Tx& tx, const std::vector<JobId>& ids);

}  // namespace certfleet::store::jobs
