// What an administrator configures, as plain values (manual chapters 5 to 9). Secrets are sealed boxes here
// (lib/pki/sealed_box.h) and never anything else.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/domain/ca.h"
#include "lib/domain/node.h"
#include "lib/domain/sealed.h"
#include "lib/domain/service.h"
#include "lib/domain/settings.h"

namespace certfleet::domain {

struct MailSettings {
  std::string from_address;
  std::string host;
  int port = 587;
  std::optional<std::string> auth_user;
  std::optional<Sealed> auth_password;
  std::optional<std::string> ca_pem;
  bool auth_password_set = false;  // whether one is stored, for those who may not read it
};

struct NotificationTable {
  NotificationId id;
  std::string name;
  std::string title;
  std::string body;
  bool expiry_90 = true, expiry_60 = true, expiry_30 = true, expiry_15 = true, expired = true;
  bool order_started = true, order_progress = true, order_ended = true;
  bool apply_started = true, apply_ended = true;
  // The interval at which the CA is asked how an order stands (6.7.3); none: as the CA itself proposes.
  std::optional<int> order_interval_min;
  std::vector<std::string> to;  // at most 5
  std::vector<std::string> cc;  // at most 5
};

// A certificate of a service as stored.
struct StoredCertificate {
  CertificateId id;
  ServiceId service;
  int slot = 1;
  std::string serial;  // hex, lower case
  std::string sha256;
  std::string common_name;
  WallTime not_before;
  WallTime not_after;
  std::string leaf_pem;
  std::string chain_pem;
  KeyPairId key_pair;  // 0: the key is not ours
};

}  // namespace certfleet::domain
