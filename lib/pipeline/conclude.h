// From how an attempt ended to what becomes of its job. Pure.
#pragma once

#include <optional>

#include "lib/domain/job.h"
#include "lib/pipeline/handler.h"
#include "lib/store/job_store.h"

namespace certfleet::pipeline {

// Why a handler was told to stop, if it was.
enum class StopReason { none, cancelled, drain, session_lost };

// Of a job that was claimed: whether its handler is asked at all.
bool is_run(const domain::Job& job, const Handler& handler);

// The handler is asked for what to write when the job ends without success. `stopped`: why the attempt was told to
// stop. `dice` in [0, 1) for the jitter.
store::Finished conclude(const domain::Job& job, Outcome outcome, StopReason stopped, double dice, Handler& handler);

// Of a kind that this worker has no handler for: it waits for a worker of a newer version, and nothing is
// counted for it.
store::Finished parked(const domain::Job& job);

}  // namespace certfleet::pipeline
