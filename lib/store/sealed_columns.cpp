#include "lib/store/sealed_columns.h"

#include "lib/store/arrays.h"
#include "lib/store/rows.h"

namespace certfleet::store::sealed_columns {

std::string field_of(const Column& column) {
  constexpr std::string_view ending = "_sealed";
  CERTFLEET_INVARIANT(column.column.ends_with(ending), column.column);
  return column.table + "." + column.column.substr(0, column.column.size() - ending.size());
}

std::vector<Column> own(Tx& tx) {
  std::vector<Column> columns;
  for (const auto& row : tx.raw().exec(
           "SELECT table_name, column_name FROM sealed_columns()"
           " WHERE has_column_privilege(format('certfleet.%I', table_name), column_name, 'SELECT')"
           " AND has_column_privilege(format('certfleet.%I', table_name), column_name, 'UPDATE') ORDER BY 1, 2"))
    columns.push_back({row[0].as<std::string>(), row[1].as<std::string>()});
  return columns;
}

std::vector<Box> outdated(Tx& tx, const Column& column, const std::vector<std::string>& but, int boxes_max) {
  auto table = tx.raw().quote_name(column.table);
  auto name = tx.raw().quote_name(column.column);
  std::vector<Box> boxes;
  for (const auto& row : tx.raw().exec_params(
           fmt::format("SELECT ctid, {1} FROM {0} WHERE substring({1} from 2 for 8) IN"
                       " (SELECT decode(id, 'hex') FROM sealing_key WHERE NOT active AND retired_at IS NULL)"
                       " AND NOT ctid = ANY ($1::tid[]) LIMIT $2",
                       table, name),
           array_literal(but), boxes_max))
    boxes.push_back({row[0].as<std::string>(), bytes_of(row[1]).value_or("")});
  return boxes;
}

bool replace(Tx& tx, const Column& column, const Box& box, const domain::Sealed& fresh) {
  auto old = bytea_text(box.sealed);
  auto now = bytea_text(fresh);
  return tx.raw()
             .exec_params(fmt::format("UPDATE {0} SET {1} = $3::bytea WHERE ctid = $1::tid AND {1} = $2::bytea",
                                      tx.raw().quote_name(column.table), tx.raw().quote_name(column.column)),
                          box.row, or_null(old), or_null(now))
             .affected_rows() == 1;
}

}  // namespace certfleet::store::sealed_columns
