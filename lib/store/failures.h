// The map from the database library's exceptions to ours.
#pragma once

#include "lib/base/error.h"

namespace certfleet::store {

// To be called in a catch block: the exception in flight as a Failure.
Failure current_failure();

}  // namespace certfleet::store
