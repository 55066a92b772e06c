#include <nlohmann/json.hpp>

#include "admin-cli/table.h"

namespace certfleet::cli {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Value& value) {
  return std::visit([](const auto& v) { return Json(v); }, value);
}

Json json_of(const Table& table) {
  auto rows = Json::array();
  for (const auto& row : table.rows) {
    auto object = Json::object();
    for (std::size_t i = 0; i < row.size(); ++i) object[table.columns[i].key] = json_of(row[i].value);
    rows.push_back(std::move(object));
  }
  return rows;
}

Json json_of(const Record& record) {
  auto object = Json::object();
  for (const auto& field : record.fields) object[field.key] = json_of(field.cell.value);
  for (const auto& section : record.sections) object[section.key] = json_of(section.table);
  return object;
}

// What is no UTF-8 is replaced: output must always parse.
std::string text_of(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace

std::string json(const Table& table) {
  return text_of(json_of(table), 2);
}
std::string json(const Record& record) {
  return text_of(json_of(record), 2);
}
std::string json_line(const Record& record) {
  return text_of(json_of(record), -1);
}

}  // namespace certfleet::cli
