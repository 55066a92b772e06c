// The SQL of sql/, built into the programs.
#pragma once

#include <string_view>
#include <vector>

namespace certfleet::store::sql {

struct File {
  std::string_view name;  // without folder and ending
  std::string_view text;
};

const std::vector<File>& migrations();  // in the order of their numbers
const std::vector<File>& functions();   // in the order of their names, in which they are applied
const std::vector<File>& queries();
const std::vector<File>& checks();  // of `certfleet doctor`, see checks.h
const std::vector<File>& roles();

// The text of sql/queries/NAME.sql. An unknown name is a broken invariant.
std::string_view query(std::string_view name);

}  // namespace certfleet::store::sql
