#include "workers/order/authorities.h"

#include <fmt/format.h>

#include "workers/order/acme.h"

namespace certfleet::order {

std::unique_ptr<CertificateAuthority> make_authority(domain::CaAccount account, const Surroundings& around) {
  if (account.kind == "acme") return std::make_unique<Acme>(std::move(account), around);
  throw Failure(Fault::usage, fmt::format("CA account {}: this version knows no CAs of kind {}", account.name,
                                          account.kind));
}

}  // namespace certfleet::order
