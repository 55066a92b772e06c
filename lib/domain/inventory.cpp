#include "lib/domain/inventory.h"

namespace certfleet::domain {

std::string purpose::key_pair(std::string_view spki_sha256) { return "key_pair:" + std::string(spki_sha256); }

std::string_view to_string(VerifyMode mode) {
  switch (mode) {
    case VerifyMode::url: return "url";
    case VerifyMode::address: return "address";
    case VerifyMode::none: return "none";
  }
  return "unknown";
}

std::optional<VerifyMode> verify_mode_from(std::string_view text) {
  for (auto mode : {VerifyMode::url, VerifyMode::address, VerifyMode::none})
    if (to_string(mode) == text) return mode;
  return std::nullopt;
}

}  // namespace certfleet::domain
