#include "lib/store/arrays.h"

#include <fmt/format.h>

#include <pqxx/pqxx>

#include "lib/base/error.h"

namespace certfleet::store {

void ArrayLiteral::separate() {
  if (text_.size() > 1) text_ += ',';
}

void ArrayLiteral::add(std::int64_t value) {
  separate();
  text_ += std::to_string(value);
}

void ArrayLiteral::add(double value) {
  separate();
  text_ += fmt::format("{}", value);
}

void ArrayLiteral::add(std::string_view text) {
  if (text.find('\0') != std::string_view::npos)
    throw Failure(Fault::usage, Text{"NUL 文字は保存できません", "a text holds a NUL character, which the database can't store"});
  separate();
  text_ += '"';
  for (char c : text) {
    if (c == '"' || c == '\\') text_ += '\\';
    text_ += c;
  }
  text_ += '"';
}

void ArrayLiteral::add_null() {
  separate();
  text_ += "NULL";
}

std::string ArrayLiteral::take() {
  text_ += '}';
  return std::exchange(text_, "{");
}

std::vector<std::string> array_items(std::string_view literal) {
  std::vector<std::string> items;
  std::string text(literal);
  pqxx::array_parser parser(text.c_str());
  for (;;) {
    auto [kind, item] = parser.get_next();
    if (kind == pqxx::array_parser::done) return items;
    if (kind == pqxx::array_parser::string_value) items.push_back(item);
  }
}

}  // namespace certfleet::store
