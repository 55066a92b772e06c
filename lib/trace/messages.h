// The catalogue's families, a file each, in the order of their numbers.
#pragma once

#include <span>

#include "lib/trace/catalogue.h"

namespace certfleet::trace {

std::span<const Message> base_messages();   // 0000 to 1799: everywhere, dispatch, results, expiry
std::span<const Message> apply_messages();  // 1800 to 1999
std::span<const Message> order_messages();  // 2000 to 2699: CSR, order, mail, verify, scheduler

}  // namespace certfleet::trace
