// Small helpers of statements that write several rows, from an array for each column. Includes the database library:
// never include it from a header.
#pragma once

#include <fmt/format.h>

#include <array>
#include <map>
#include <optional>
#include <pqxx/pqxx>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/store/arrays.h"
#include "lib/store/transaction.h"

namespace certfleet::store {

inline std::string_view flag(bool value) { return value ? "t" : "f"; }

template <class T>
std::vector<std::int64_t> numbers_of(std::span<const T> things) {
  std::vector<std::int64_t> numbers;
  for (const auto& thing : things) numbers.push_back(thing.id.value());
  return numbers;
}
template <class T>
std::string ids_literal(std::span<const T> things) {
  return array_literal(numbers_of(things));
}

// Runs `sql`, in which {0} stands for the names of the columns `configured` and {1} for `rows`: a table of `things`,
// which takes the fields that `fields_of` gives for each as one array for each field.
template <class T, class Fields>
pqxx::result run_with_rows(Tx& tx, std::string_view sql, std::span<const T> things, Fields fields_of,
                           const char* configured, std::string_view rows) {
  using Array = decltype(fields_of(things.front()));
  std::array<ArrayLiteral, std::tuple_size_v<Array>> literals;
  for (const auto& thing : things) {
    Array fields = fields_of(thing);
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (fields[i])
        literals[i].add(*fields[i]);
      else
        literals[i].add_null();
    }
  }
  std::vector<std::string> arrays;
  for (auto& literal : literals) arrays.push_back(literal.take());
  return tx.raw().exec_params(fmt::format(fmt::runtime(sql), configured, fmt::format(fmt::runtime(rows), configured)),
                              pqxx::prepare::make_dynamic_params(arrays));
}

// The ids of `things` by the names and ids that the statement returned: the server promises no order.
template <class Id, class T>
std::vector<Id> in_order_of(const pqxx::result& names_and_ids, std::span<const T> things) {
  std::map<std::string_view, Id> by_name;
  for (const auto& row : names_and_ids) by_name.emplace(row[0].c_str(), Id(row[1].as<std::int64_t>()));
  std::vector<Id> ids;
  for (const auto& thing : things) ids.push_back(by_name.at(thing.name));
  return ids;
}

}  // namespace certfleet::store
