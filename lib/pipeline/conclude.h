// From how an attempt ended to what becomes of its job. Pure.
#pragma once

#include <optional>

#include "lib/domain/job.h"
#include "lib/pipeline/handler.h"
#include "lib/store/job_store.h"

namespace certfleet::pipeline {

// Why a handler was told to stop, if it was.
enum class StopReason { none, cancelled, drain, session_lost };

// `gave_up` is asked for what to write when the job ends without success. `dice` in [0, 1) for the jitter.
store::Finished conclude(const domain::Job& job, Outcome outcome, StopReason stopped, double dice,
                         const std::function<std::vector<Write>(const Failure&)>& gave_up);

// Of a kind that this worker has no handler for: it waits for a worker of a newer version, and nothing is
// counted for it.
store::Finished parked(const domain::Job& job);

}  // namespace certfleet::pipeline
