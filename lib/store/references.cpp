#include "lib/store/references.h"

#include "lib/store/rows.h"

namespace certfleet::store {

void require_unused(Tx& tx, const Text& noun, std::string_view name, std::string_view query,
                    std::int64_t id) {
  constexpr int named_max = 3;
  auto rows = tx.raw().exec_params(
      fmt::format("SELECT name, count(*) OVER () FROM ({}) AS referring(name) ORDER BY name LIMIT {}", query,
                  named_max),
      id);
  if (rows.empty()) return;
  std::string names;
  for (const auto& row : rows) names += (names.empty() ? "" : ", ") + row[0].as<std::string>();
  auto others = rows[0][1].as<std::int64_t>() - static_cast<std::int64_t>(rows.size());
  if (others > 0)
    throw Failure(Fault::conflict,
                  Text{"{} {} は使用中です ({} ほか {} 件)", "{} {} is still in use by {} and {} more"}, noun, name,
                  names, others);
  throw Failure(Fault::conflict, Text{"{} {} は使用中です ({})", "{} {} is still in use by {}"}, noun, name, names);
}

}  // namespace certfleet::store
