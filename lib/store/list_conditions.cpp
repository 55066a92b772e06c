#include "lib/store/list_conditions.h"

#include "lib/store/arrays.h"
#include "lib/store/rows.h"

namespace certfleet::store {

std::string of_my_groups(Tx& tx) {
  auto rows = tx.raw().exec("SELECT my_groups() WHERE is_person()");
  if (rows.empty()) return "";
  std::string groups = rows[0][0].c_str();  // {3,7}
  // A single one is the beginning of an index that goes on in the order of names.
  if (groups.find(',') == std::string::npos && groups.size() > 2)
    return fmt::format(" AND group_id = {}", groups.substr(1, groups.size() - 2));
  return fmt::format(" AND group_id = ANY ('{}'::bigint[])", groups);
}

std::string with_part(Tx& tx, const char* table, const std::vector<std::string>& parts) {
  constexpr int few = 20'000;
  auto& raw = tx.raw();
  std::string any;
  for (const auto& part : parts)
    any += fmt::format("{}strpos(searched, lower({})) > 0", any.empty() ? "" : " OR ", raw.quote(part));
  std::vector<std::int64_t> ids;
  for (const auto& row : raw.exec(fmt::format("SELECT id FROM {} WHERE ({}){} LIMIT {}", table, any,
                                              of_my_groups(tx), few + 1)))
    ids.push_back(row[0].as<std::int64_t>());
  return ids.size() > few ? fmt::format(" AND ({})", any)
                          : fmt::format(" AND id = ANY ('{}'::bigint[])", array_literal(ids));
}

std::string one_of(Tx& tx, const std::vector<std::string>& words) {
  std::string all;
  for (const auto& word : words) all += (all.empty() ? "" : ", ") + tx.raw().quote(word);
  return words.size() == 1 ? " = " + all : " IN (" + all + ")";
}

}  // namespace certfleet::store
