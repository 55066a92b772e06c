#include "lib/store/name_part.h"

#include "lib/store/arrays.h"
#include "lib/store/rows.h"

namespace certfleet::store {

std::string with_part(Tx& tx, const char* table, const std::vector<std::string>& parts) {
  constexpr int few = 20'000;
  auto& raw = tx.raw();
  std::string any;
  for (const auto& part : parts)
    any += fmt::format("{}strpos(searched, lower({})) > 0", any.empty() ? "" : " OR ", raw.quote(part));
  std::vector<std::int64_t> ids;
  for (const auto& row : raw.exec(fmt::format("SELECT id FROM {} WHERE {} LIMIT {}", table, any, few + 1)))
    ids.push_back(row[0].as<std::int64_t>());
  return ids.size() > few ? fmt::format(" AND ({})", any)
                          : fmt::format(" AND id = ANY ('{}'::bigint[])", array_literal(ids));
}

}  // namespace certfleet::store
