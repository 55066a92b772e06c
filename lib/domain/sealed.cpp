#include "lib/domain/sealed.h"

namespace certfleet::domain {

std::string purpose::key_pair(std::string_view spki_sha256) { return "key_pair:" + std::string(spki_sha256); }

}  // namespace certfleet::domain
