#include "lib/store/names.h"

#include "lib/store/rows.h"

namespace certfleet::store::names {
namespace {

struct Named {
  std::string_view noun;
  std::string_view table;
};
constexpr Named nouns_with_names[] = {
    {"service", "service"},
    {"node", "node"},
    {"access", "access"},
    {"site", "site"},
    {"group", "user_group"},
    {"user", "app_user"},
    {"ca-account", "ca_account"},
    {"organization", "organization"},
    {"applicant", "applicant"},
    {"ev-approver", "ev_approver"},
    {"notification", "notification_table"},
    {"keys", "peer"},
};

}  // namespace

std::string_view table_of(std::string_view noun) {
  for (const auto& named : nouns_with_names)
    if (named.noun == noun) return named.table;
  return {};
}

std::vector<std::string> beginning_with(Tx& tx, std::string_view noun, std::string_view beginning,
                                        int rows_max) {
  auto table = table_of(noun);
  if (table.empty()) return {};
  // starts_with() and not LIKE: what a person types is no pattern. The index by name serves the order.
  std::vector<std::string> found;
  for (const auto& row : tx.raw().exec_params(
           fmt::format(
               "SELECT name FROM {} WHERE name >= $1 AND starts_with(name, $1) ORDER BY name LIMIT $2",
               table),
           std::string(beginning), rows_max))
    found.push_back(row[0].as<std::string>());
  return found;
}

std::vector<std::pair<std::int64_t, std::string>> all(Tx& tx, std::string_view noun) {
  std::vector<std::pair<std::int64_t, std::string>> found;
  auto table = table_of(noun);
  if (table.empty()) return found;
  for (const auto& row : tx.raw().exec(fmt::format("SELECT id, name FROM {} ORDER BY name", table)))
    found.emplace_back(row[0].as<std::int64_t>(), row[1].as<std::string>());
  return found;
}

}  // namespace certfleet::store::names
