// Columns of a batch as PostgreSQL array literals: libpqxx 6.4 passes arrays as text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace certfleet::store {

// Builds '{1,2}' or '{"a","b \" c"}' item by item.
class ArrayLiteral {
 public:
  void add(std::int64_t value);
  void add(double value);
  void add(std::string_view text);  // quoted and escaped; NUL is refused
  void add_null();
  std::string take();

 private:
  void separate();
  std::string text_ = "{";
};

template <class T>
std::string array_literal(const std::vector<T>& items) {
  ArrayLiteral literal;
  for (const auto& item : items) literal.add(item);
  return literal.take();
}

// The other way: the items of a text[] as the server prints it. NULL items are left out.
std::vector<std::string> array_items(std::string_view literal);

}  // namespace certfleet::store
