#include "workers/order/authorities.h"

#include "workers/order/acme.h"
#include "workers/order/trace_ids.h"

namespace certfleet::order {

std::unique_ptr<CertificateAuthority> make_authority(domain::CaAccount account, const Surroundings& around) {
  if (account.kind == "acme") return std::make_unique<Acme>(std::move(account), around);
  throw Failure(Fault::usage, trace_id::unknown_ca,
                Text{"認証局アカウント {}: この版は種別 {} の認証局に申請できません",
                     "CA account {}: orders at a CA of kind {} can't be placed by this version"},
                account.name, account.kind);
}

}  // namespace certfleet::order
