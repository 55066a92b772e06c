// From a CA account's kind to its CertificateAuthority.
#pragma once

#include <memory>

#include "workers/order/certificate_authority.h"
#include "workers/order/surroundings.h"

namespace certfleet::order {

// `account` with its secrets. `around` must outlive it. Failure(usage, 1611) for a kind that this
// version can't order from.
std::unique_ptr<CertificateAuthority> make_authority(domain::CaAccount account, const Surroundings& around);

}  // namespace certfleet::order
