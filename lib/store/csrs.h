// CSRs of services: made by us, or taken in without their key (manual 8.6.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/id.h"
#include "lib/store/transaction.h"

namespace certfleet::store::csrs {

struct StoredCsr {
  CsrId id;
  ServiceId service;
  KeyPairId key_pair;  // 0: its key is not ours
  std::string pem;
};

CsrId add(Tx& tx, ServiceId service, KeyPairId key_pair, std::string_view pem);
StoredCsr get(Tx& tx, CsrId id);  // Failure(not_found)
std::optional<StoredCsr> newest(Tx& tx, ServiceId service);

}  // namespace certfleet::store::csrs
