#include "lib/store/names.h"

#include "lib/store/arrays.h"
#include "lib/store/list_conditions.h"
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

std::vector<std::string> near_to(Tx& tx, std::string_view noun, const std::string& wrong,
                                 const std::vector<std::string>& guesses) {
  constexpr int few = 500;
  constexpr int neighbours = 20;
  auto table = table_of(noun);
  std::vector<std::string> found;
  if (table.empty()) return found;
  auto mine = table == "service" || table == "node" ? of_my_groups(tx) : std::string();
  for (const auto& row : tx.raw().exec(fmt::format("SELECT name FROM {} WHERE true{} LIMIT {}", table, mine, few + 1)))
    found.push_back(row[0].as<std::string>());
  if (found.size() <= few) return found;
  found.clear();
  // Nothing but = and < on the name: these an index serves below row-level security as well.
  for (const auto& row : tx.raw().exec_params(
           fmt::format("(SELECT name FROM {0} WHERE name >= $1{2} ORDER BY name LIMIT {1})"
                       " UNION (SELECT name FROM {0} WHERE name < $1{2} ORDER BY name DESC LIMIT {1})"
                       " UNION (SELECT name FROM {0} WHERE name = ANY ($2::text[]))",
                       table, neighbours, mine),
           wrong, array_literal(guesses)))
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
