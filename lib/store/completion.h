// The end of jobs: one transaction for a batch, each job guarded by its fence.
#pragma once

#include <vector>

#include "lib/store/job_store.h"

namespace certfleet::store {

// See JobStore::complete. A batch in which a write fails is done again job by job, so that one job's bad
// result does not hold up the others.
Completed complete_batch(Database& database, const std::vector<Finished>& batch);

}  // namespace certfleet::store
