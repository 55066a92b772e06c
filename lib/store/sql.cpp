#include "lib/store/sql.h"

#include "lib/base/error.h"

namespace certfleet::store::sql {

std::string_view query(std::string_view name) {
  for (const auto& file : queries())
    if (file.name == name) return file.text;
  CERTFLEET_INVARIANT(false, name);
  return {};
}

}  // namespace certfleet::store::sql
