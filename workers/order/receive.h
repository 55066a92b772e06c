// The last look at what a CA has issued, before it is stored. Pure.
#pragma once

#include <string_view>

#include "lib/base/clock.h"
#include "lib/pki/chain.h"
#include "lib/pki/csr.h"

namespace certfleet::order {

// One chain for the names and the key of the CSR, and in force. Failure(permanent, 2123) with the reason.
pki::Chain receive(std::string_view chain_pem, const pki::Csr& csr, WallTime now);

}  // namespace certfleet::order
