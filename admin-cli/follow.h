// The traces of a request as they come, until it has ended.
#pragma once

#include <functional>

#include "admin-cli/context.h"
#include "lib/store/traces.h"

namespace certfleet::cli {

// Prints what fits the filter from now on, and returns once `ended` says so; `ended` is asked before the last
// traces are read, so that none is missed.
void follow(Context& context, store::traces::Filter filter, const std::function<bool(store::Tx&)>& ended);

// One trace as people or programs read it, with its line break.
void print_trace(Context& context, const store::traces::Stored& stored);

}  // namespace certfleet::cli
