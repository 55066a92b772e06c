// Small helpers of the inventory's .cpp files: nullable fields and parameters, and the server's complaints
// about names turned into a person's words. Includes the database library: never include it from a header.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <pqxx/pqxx>
#include <string>
#include <string_view>

#include "lib/base/error.h"
#include "lib/domain/nouns.h"

namespace certfleet::store {

namespace nouns = domain::nouns;

inline std::optional<std::string> text_of(const pqxx::field& field) {
  if (field.is_null()) return std::nullopt;
  return std::string(field.c_str(), field.size());
}

inline std::optional<int> int_of(const pqxx::field& field) {
  if (field.is_null()) return std::nullopt;
  return field.as<int>();
}

// A nullable reference: 0 is none.
template <class Id>
Id id_of(const pqxx::field& field) {
  return Id(field.as<std::int64_t>(0));
}

inline std::optional<std::string> bytes_of(const pqxx::field& field) {
  if (field.is_null()) return std::nullopt;
  return pqxx::binarystring(field).str();
}

// As a parameter: none is NULL. Lives no longer than `text`.
inline const char* or_null(const std::optional<std::string>& text) {
  return text ? text->c_str() : nullptr;
}
inline std::optional<std::string> number_text(std::optional<int> number) {
  if (!number) return std::nullopt;
  return std::to_string(*number);
}

// As a parameter of type bytea; none and the empty text are NULL.
std::optional<std::string> bytea_text(const std::optional<std::string>& bytes);

// Runs `body` and says in one line what a duplicate or still referenced row means.
template <class F>
auto naming(const Text& noun, std::string_view name, F&& body) {
  try {
    return body();
  } catch (const pqxx::unique_violation&) {
    throw Failure(Fault::conflict, Text{"{} {} はすでにあります", "{} {} exists already"}, noun, name);
  } catch (const pqxx::foreign_key_violation& error) {
    std::string_view text = error.what();
    if (text.find("still referenced") != std::string_view::npos)
      throw Failure(Fault::conflict, Text{"{} {} は使用中です", "{} {} is still in use"}, noun, name);
    throw Failure(Fault::not_found,
                  Text{"{} {} の参照先がありません", "{} {} refers to something that is not there"}, noun, name);
  }
}

[[noreturn]] inline void no_row(const Text& noun, std::int64_t id) {
  throw Failure(Fault::not_found, Text{"番号 {1} の{0}はありません", "there is no {0} with number {1}"}, noun, id);
}

// Failure(not_found) if a statement that names one row met none.
inline void require_row(const pqxx::result& result, const Text& noun, std::int64_t id) {
  if (result.affected_rows() == 0) no_row(noun, id);
}

}  // namespace certfleet::store
