#include "lib/store/list_conditions.h"

#include "lib/store/arrays.h"
#include "lib/store/rows.h"

namespace certfleet::store {
namespace {

constexpr std::size_t few = 20'000;  // ids that a condition names

// What is searched by with_part().
class PartOfName {
 public:
  PartOfName(Tx& tx, const char* table, const std::vector<std::string>& parts)
      : tx_(tx), table_(table), groups_(of_my_groups(tx)) {
    for (const auto& part : parts) {
      auto row = tx.raw().exec_params1("SELECT lower($1), length(lower($1)) >= 3", part);
      parts_.push_back(row[0].as<std::string>());
      by_index_ = by_index_ && row[1].as<bool>();
      any_ += fmt::format("{}strpos(searched, {}) > 0", any_.empty() ? "" : " OR ", tx.raw().quote(parts_.back()));
    }
  }

  std::string condition() const { return fmt::format(" AND ({})", any_); }

  // Whether one row in ten has it: then a page of them is found soon, and their ids are too many. Few rows are looked
  // through in no time.
  bool in_many_rows() const {
    auto row = tx_.raw().exec1(fmt::format(
        "SELECT count(*) > {0}, count(*) FILTER (WHERE {1}) * 10 > count(*) FROM (SELECT searched FROM {2} WHERE"
        " true{3} LIMIT {0} + 1) AS looked_at", few, any_, table_, groups_));
    return row[0].as<bool>() && row[1].as<bool>();
  }

  // Of the rows that have it, up to one more than few. A person's are found by the indexes that name_parts.sql tells
  // of, others' and those of a part that is too short for these by reading all names.
  std::vector<std::int64_t> ids() const {
    std::vector<std::int64_t> ids;
    auto add = [&](const pqxx::result& rows) {
      for (const auto& row : rows) ids.push_back(row[0].as<std::int64_t>());
    };
    if (groups_.empty() || !by_index_) {
      add(tx_.raw().exec(fmt::format("SELECT id FROM {} WHERE ({}){} LIMIT {}", table_, any_, groups_, few + 1)));
      return ids;
    }
    for (const auto& part : parts_)
      add(tx_.raw().exec_params("SELECT ids_with_part($1, $2, $3)", table_, part, few + 1));
    return ids;
  }

 private:
  Tx& tx_;
  const char* table_;
  std::string groups_;
  std::vector<std::string> parts_;  // in lower case
  bool by_index_ = true;
  std::string any_;
};

}  // namespace

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
  PartOfName names(tx, table, parts);
  if (names.in_many_rows()) return names.condition();
  auto ids = names.ids();
  return ids.size() > few ? names.condition() : fmt::format(" AND id = ANY ('{}'::bigint[])", array_literal(ids));
}

std::string one_of(Tx& tx, const std::vector<std::string>& words) {
  std::string all;
  for (const auto& word : words) all += (all.empty() ? "" : ", ") + tx.raw().quote(word);
  return words.size() == 1 ? " = " + all : " IN (" + all + ")";
}

}  // namespace certfleet::store
